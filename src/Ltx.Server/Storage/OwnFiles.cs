namespace Ltx.Server.Storage;

/// <summary>
/// Tidying up in a folder that may hold more than the server's own: found is only what has a name of our form and is no link, and what cannot be removed
/// is a warning and nobody's end.
/// </summary>
internal static partial class OwnFiles
{
    private static readonly EnumerationOptions WithoutLinks = new() { AttributesToSkip = FileAttributes.ReparsePoint };

    public static IEnumerable<string> In(string folder, Func<string, bool> isOurs) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*", WithoutLinks).Where(path => isOurs(Path.GetFileName(path))) : [];

    public static IEnumerable<string> FoldersIn(string folder, Func<string, bool> isOurs) =>
        Directory.Exists(folder) ? Directory.EnumerateDirectories(folder, "*", WithoutLinks).Where(path => isOurs(Path.GetFileName(path))) : [];

    /// <summary>Removes a file, or a folder with all that is in it (links themselves, not what they lead to). True when it is not there any more.</summary>
    public static bool TryRemove(string path, ILogger logger)
    {
        try
        {
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
            else
            {
                File.Delete(path);
            }

            return true;
        }
        catch (DirectoryNotFoundException)
        {
            return true; // somebody was faster
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            NotRemoved(logger, path, e.Message);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} could not be removed: {Reason}")]
    private static partial void NotRemoved(ILogger logger, string path, string reason);
}
