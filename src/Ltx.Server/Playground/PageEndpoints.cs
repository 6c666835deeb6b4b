using Microsoft.Net.Http.Headers;

namespace Ltx.Server.Playground;

/// <summary>The page and what it loads.</summary>
internal static class PageEndpoints
{
    /// <summary>Nothing from elsewhere, nothing inline, nothing that frames it. Blobs are the user's own file and what the page draws.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; font-src 'self'; "
        + "form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

    public static Task GetAsync(HttpContext context, PageFiles files)
    {
        if (files.Find(context.Request.Path.Value!) is not { } file)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        AddSecurity(headers);

        // The parts fit together only within one version: each is asked for anew, and its tag makes that cheap.
        headers.CacheControl = "no-cache";
        return Results.File(file.Path, file.ContentType, entityTag: new EntityTagHeaderValue($"\"{file.ETag}\"")).ExecuteAsync(context);
    }

    /// <summary>What every document for people carries beside its policy.</summary>
    public static void AddSecurity(IHeaderDictionary headers)
    {
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()";
    }
}
