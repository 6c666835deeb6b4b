using System.Globalization;
using Ltx.Server.Fal;
using Ltx.Server.Files;
using Ltx.Server.Http;
using Microsoft.Net.Http.Headers;

namespace Ltx.Server.Endpoints;

/// <summary>Uploads and outputs, for whoever knows the URL: clients fetch results without a key.</summary>
internal static class FileEndpoints
{
    public static async Task GetAsync(HttpContext context, string id, FileStore files, TimeProvider clock)
    {
        using var lease = files.Lease(id);
        if (lease is null)
        {
            await FalResponse.WriteAsync(context, FalError.Plain(404, "File not found"));
            return;
        }

        var headers = context.Response.Headers;
        var file = lease.File;
        var age = file.ExpiresAt is { } end ? Math.Clamp((end - clock.GetUtcNow()).TotalSeconds, 0, 31536000) : 31536000;
        headers.AccessControlAllowOrigin = "*";
        headers.Remove("Access-Control-Allow-Credentials");
        headers.CacheControl = string.Create(CultureInfo.InvariantCulture, $"public, max-age={(long)age}, immutable");

        // Somebody's upload may call itself a web page; it must not run as one under our origin.
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = "sandbox; default-src 'none'; media-src 'self'; img-src 'self'";
        headers["Cross-Origin-Resource-Policy"] = "cross-origin";
        await Results.File(lease.Path, ContentTypes.Normalise(file.ContentType), lastModified: file.CreatedAt, entityTag: new EntityTagHeaderValue($"\"{file.ETag}\""), enableRangeProcessing: true)
            .ExecuteAsync(context);
    }
}
