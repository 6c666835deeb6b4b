namespace Ltx.Server.Fetch;

/// <summary>Files that this server itself serves, uploads above all: their URLs are on localhost or the LAN, which the guard would refuse.</summary>
internal interface ILocalFiles
{
    /// <summary>The path of the file that <paramref name="url"/> names, or null where the URL is not one of ours. Keeping the file alive is its owner's work.</summary>
    string? TryOpen(Uri url);
}
