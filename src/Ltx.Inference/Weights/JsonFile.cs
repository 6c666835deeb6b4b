namespace Ltx.Inference.Weights;

/// <summary>Configuration files that lie beside weights.</summary>
internal static class JsonFile
{
    /// <exception cref="WeightsException">The file is missing or not a JSON object.</exception>
    public static ConfigSection Read(string path)
    {
        try
        {
            return ConfigSection.Parse(File.ReadAllText(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WeightsException($"{path} cannot be read: {e.Message}", e);
        }
    }
}
