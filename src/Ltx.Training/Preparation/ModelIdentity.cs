using System.Globalization;

namespace Ltx.Training.Preparation;

/// <summary>
/// Tells a model's files from others without reading them: tens of gigabytes would take longer than all else. A file that is copied with another time
/// is taken for another one, and what was prepared with it is prepared again.
/// </summary>
internal static class ModelIdentity
{
    /// <param name="path">of a file, or of a folder whose files are meant; of nothing, where a model is imagined</param>
    public static string Of(string path)
    {
        if (File.Exists(path)) return Of(new FileInfo(path));
        if (!Directory.Exists(path)) return path;
        return string.Join(' ', new DirectoryInfo(path).GetFiles().OrderBy(file => file.Name, StringComparer.Ordinal).Select(Of));
    }

    private static string Of(FileInfo file)
    {
        FileInfo target = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        return string.Create(CultureInfo.InvariantCulture, $"{file.Name}:{target.Length}:{target.LastWriteTimeUtc.Ticks}");
    }
}
