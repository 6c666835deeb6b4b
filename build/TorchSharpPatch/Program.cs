namespace TorchSharpPatch;

/// <summary>
/// Puts TorchSharp's files into a program's folder in the form that this project needs them in. The bytes that belong there follow from the
/// package's files alone, and whatever else lies there is replaced: no time stamp and no mark is believed.
/// </summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (arguments.Length < 2)
        {
            Console.Error.WriteLine("usage: TorchSharpPatch FOLDER FILE...   (FILE: TorchSharp.dll or libLibTorchSharp.so as the package has them)");
            return 2;
        }
        foreach (string source in arguments.Skip(1))
        {
            try
            {
                Put(source, Path.Combine(arguments[0], Path.GetFileName(source)));
            }
            catch (Exception e) when (e is PatchException or IOException or UnauthorizedAccessException)
            {
                // In the form in which MSBuild knows an error.
                Console.Error.WriteLine($"{source} : error : {e.Message}");
                return 1;
            }
        }
        return 0;
    }

    private static void Put(string source, string destination)
    {
        byte[] file = File.ReadAllBytes(source);
        switch (Path.GetExtension(source))
        {
            case ".dll": ArgumentLifetimes.Extend(file); break;
            case ".so": GlibcxxReference.Weaken(file); break;
            default: throw new PatchException("there is no patch for a file of this kind");
        }
        if (!File.Exists(destination) || !File.ReadAllBytes(destination).AsSpan().SequenceEqual(file))
        {
            // A new file and never the old one's bytes, which may be a hard link's into the package cache, or mapped by a program that runs.
            string part = $"{destination}.{Environment.ProcessId}.part";
            File.WriteAllBytes(part, file);
            File.Move(part, destination, overwrite: true);
        }
        // Size and time of the source: the build's own copy step then takes the file for its own, and leaves it.
        File.SetLastWriteTimeUtc(destination, File.GetLastWriteTimeUtc(source));
    }
}
