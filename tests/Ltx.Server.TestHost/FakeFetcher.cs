using System.Security.Cryptography;
using System.Text;
using Ltx.Server.Fetch;

namespace Ltx.Server.TestHost;

/// <summary>Opens no connection: a URL's file holds the URL; data URIs are decoded; hosts named "missing" and "huge" fail as a real fetch does.</summary>
internal sealed class FakeFetcher : IFetcher
{
    public async Task<FetchedFile> FetchAsync(FetchRequest request, CancellationToken ct)
    {
        if (request.Url.Contains("//missing", StringComparison.Ordinal))
        {
            throw FetchException.Download(request.Url, "the server answered 404");
        }

        if (request.Url.Contains("//huge", StringComparison.Ordinal))
        {
            throw FetchException.TooLarge(3221225472);
        }

        var content = request.Url.StartsWith("data:", StringComparison.Ordinal)
            ? Convert.FromBase64String(request.Url[(request.Url.IndexOf(',', StringComparison.Ordinal) + 1)..])
            : Encoding.UTF8.GetBytes(request.Url);
        var path = Path.GetTempFileName();
        await File.WriteAllBytesAsync(path, content, ct);
        return new FetchedFile(path, Convert.ToHexStringLower(SHA256.HashData(content)), content.Length, "video/mp4", () =>
        {
            File.Delete(path);
            return ValueTask.CompletedTask;
        });
    }
}
