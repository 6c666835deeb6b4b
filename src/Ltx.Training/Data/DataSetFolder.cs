namespace Ltx.Training.Data;

/// <summary>All files of a folder and of those in it, but for what systems and editors leave.</summary>
internal static class DataSetFolder
{
    // What systems put beside a person's files; names that begin with a dot are such, too.
    private static readonly HashSet<string> Leavings = new(StringComparer.OrdinalIgnoreCase) { "__MACOSX", "Thumbs.db", "desktop.ini" };

    /// <summary>Whether a part of a name says that no person made the file.</summary>
    public static bool IsLeaving(string part) => part.StartsWith('.') || Leavings.Contains(part);

    /// <param name="refused">is given what is not followed</param>
    /// <returns>in the order of their names</returns>
    /// <exception cref="DataSetException">There is no such folder, it cannot be read, or it holds too many files.</exception>
    public static List<ClipFile> Files(string folder, DataSetLimits limits, List<DataSetRefusal> refused)
    {
        List<ClipFile> files = [];
        string root = Path.GetFullPath(folder);
        if (!Directory.Exists(root)) throw new DataSetException("The data set's folder does not exist.");
        try
        {
            Walk(new DirectoryInfo(root), "", files, limits, refused);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new DataSetException("A folder of the data set cannot be read.", e);
        }
        files.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return files;
    }

    private static void Walk(DirectoryInfo folder, string prefix, List<ClipFile> files, DataSetLimits limits, List<DataSetRefusal> refused)
    {
        foreach (FileSystemInfo entry in folder.EnumerateFileSystemInfos())
        {
            if (IsLeaving(entry.Name)) continue;
            string name = prefix + entry.Name;
            if (entry is not DirectoryInfo inner)
            {
                files.Add(new ClipFile(name, entry.FullName));
                if (files.Count > limits.MaxFiles) throw new DataSetException($"The data set has more than {limits.MaxFiles} files.");
            }
            else if (inner.LinkTarget is null)
            {
                Walk(inner, name + '/', files, limits, refused);
            }
            else
            {
                // It may lead out of the data set, or back into it.
                refused.Add(new DataSetRefusal(name, "The folder is a link to another one, and is not followed."));
            }
        }
    }
}
