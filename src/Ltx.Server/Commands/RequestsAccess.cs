using Ltx.Server.Storage;

namespace Ltx.Server.Commands;

/// <summary>Finds the way into a data folder: through its server while one runs, else through its files.</summary>
internal static class RequestsAccess
{
    public static IRequestsAccess Open(string data)
    {
        if (!File.Exists(Path.Combine(data, "ltx.db")))
        {
            throw new RequestsAccessException($"'{Path.GetFullPath(data)}' is no data folder of a server.");
        }

        DataFolder folder = new(data);
        if (folder.TryLock())
        {
            return new FolderRequestsAccess(folder);
        }

        using (folder)
        {
            return File.Exists(folder.ServerFile) ? new ServerRequestsAccess(folder) : throw new RequestsAccessException("The server of this folder is just starting or stopping; please try again.", usersFault: false);
        }
    }
}
