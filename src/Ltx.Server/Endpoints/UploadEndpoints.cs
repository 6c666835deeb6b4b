using System.Text.Json;
using Ltx.Server.Auth;
using Ltx.Server.Configuration;
using Ltx.Server.Fal;
using Ltx.Server.Files;
using Ltx.Server.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Ltx.Server.Endpoints;

/// <summary>
/// Uploads as both clients make them. JavaScript: initiate (or initiate-multipart), then PUT to a URL that carries its own secret.
/// Python: a token, then POST the bytes, or the parts of them to the future file's own URL.
/// </summary>
internal static class UploadEndpoints
{
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(1);

    /// <summary>Both initiate routes: whether parts or the whole will come is seen when it comes.</summary>
    public static async Task InitiateAsync(HttpContext context, BodyReader bodies, UploadService uploads)
    {
        using var body = await bodies.ReadAsync(context);
        var (document, error) = JsonInput.Parse(body.Bytes, 32);
        if (document is null || document.RootElement.ValueKind != JsonValueKind.Object)
        {
            document?.Dispose();
            await FalResponse.WriteAsync(context, FalError.Invalid(error ?? new FalDetail("model_attributes_type", ["body"], "Input should be a valid dictionary or object to extract fields from")));
            return;
        }

        using var _ = document;
        var file = await BeginAsync(context, uploads, Text(document.RootElement, "content_type"), Text(document.RootElement, "file_name"));
        var origin = Caller.Of(context).Origin;
        await FalResponse.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteString("file_url", origin + file.UrlPath);
            json.WriteString("upload_url", $"{origin}/storage/upload/{file.Id}?sig={file.Secret}");
            json.WriteEndObject();
        });
    }

    /// <summary>The whole content.</summary>
    public static async Task PutAsync(HttpContext context, string id, UploadService uploads, LtxOptions options)
    {
        var file = uploads.Pending(id, context.Request.Query["sig"]);
        await using var body = LargeBody(context, options, uploads.LimitOf(file));
        await uploads.WriteAsync(file, Turns.WhoCalls(context, file.Owner), body, context.Request.ContentLength, context.Request.ContentType, context.RequestAborted);
    }

    /// <summary>One part, named by the path.</summary>
    public static async Task PutPartAsync(HttpContext context, string id, string number, UploadService uploads, LtxOptions options)
    {
        var file = uploads.Pending(id, Secret(context));
        await using var body = LargeBody(context, options, uploads.LimitOf(file));
        var part = int.TryParse(number, System.Globalization.CultureInfo.InvariantCulture, out var place)
            ? await uploads.WritePartAsync(file, place, Turns.WhoCalls(context, file.Owner), body, context.Request.ContentLength, context.RequestAborted)
            : throw new UploadException(400, "The part's number is not a number.");
        context.Response.Headers.ETag = $"\"{part.ETag}\"";
        await FalResponse.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("partNumber", part.Number);
            json.WriteString("etag", $"\"{part.ETag}\"");
            json.WriteEndObject();
        });
    }

    /// <summary>The end of a multipart upload.</summary>
    public static async Task CompleteAsync(HttpContext context, string id, UploadService uploads, BodyReader bodies)
    {
        var file = uploads.Pending(id, Secret(context));
        using var body = await bodies.ReadAsync(context);
        var (document, error) = JsonInput.Parse(body.Bytes, 32);
        if (document is null)
        {
            await FalResponse.WriteAsync(context, FalError.Invalid(error!));
            return;
        }

        using var _ = document;
        if (ReadParts(document.RootElement) is not { } parts)
        {
            await FalResponse.WriteAsync(context, FalError.Invalid(new FalDetail("list_type", ["body", "parts"], "Input should be a valid list of objects with partNumber and etag")));
            return;
        }

        await uploads.CompleteAsync(file, Turns.WhoCalls(context, file.Owner), parts, context.RequestAborted);
        await FalResponse.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteString("access_url", Caller.Of(context).Origin + file.UrlPath);
            json.WriteString("file_url", Caller.Of(context).Origin + file.UrlPath);
            json.WriteEndObject();
        });
    }

    /// <summary>The token that fal's Python client asks for before it uploads.</summary>
    public static Task TokenAsync(HttpContext context, SignedTokens tokens, TimeProvider clock)
    {
        var end = clock.GetUtcNow() + TokenLifetime;
        var token = tokens.Create(SignedTokens.Upload, Caller.Of(context).Owner, end);
        return FalResponse.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteString("token", token);
            json.WriteString("token_type", "Bearer");
            json.WriteString("base_url", Caller.Of(context).Origin);
            // No "Z" and no fraction of seven digits: Python before 3.11 reads neither.
            json.WriteString("expires_at", end.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'+00:00'", System.Globalization.CultureInfo.InvariantCulture));
            json.WriteEndObject();
        });
    }

    /// <summary>Python's whole upload: bytes in, URL out.</summary>
    public static async Task PostFileAsync(HttpContext context, UploadService uploads, LtxOptions options)
    {
        var file = await BeginAsync(context, uploads, context.Request.ContentType, context.Request.Headers["X-Fal-File-Name"]);
        await using var body = LargeBody(context, options, uploads.LimitOf(file));
        await uploads.WriteAsync(file, Turns.WhoCalls(context), body, context.Request.ContentLength, null, context.RequestAborted);
        await FalResponse.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteString("access_url", Caller.Of(context).Origin + file.UrlPath);
            json.WriteEndObject();
        });
    }

    /// <summary>Python's multipart upload: the parts go below the future URL, and the upload's id is their secret.</summary>
    public static async Task PostMultipartAsync(HttpContext context, UploadService uploads)
    {
        var file = await BeginAsync(context, uploads, context.Request.ContentType, context.Request.Headers["X-Fal-File-Name"]);
        await FalResponse.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteString("access_url", Caller.Of(context).Origin + file.UrlPath);
            json.WriteString("uploadId", file.Secret);
            json.WriteEndObject();
        });
    }

    private static Task<StoredFile> BeginAsync(HttpContext context, UploadService uploads, string? contentType, string? name) => uploads.BeginAsync(
        Caller.Of(context).Owner, contentType, name, Lifecycle.Read(context.Request, "X-Fal-Object-Lifecycle", "X-Fal-Object-Lifecycle-Preference"));

    private static List<(int Number, string ETag)>? ReadParts(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("parts", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        List<(int, string)> parts = [];
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("partNumber", out var number) || number.ValueKind != JsonValueKind.Number
                || !number.TryGetInt32(out var n) || Text(item, "etag") is not { } etag)
            {
                return null;
            }

            parts.Add((n, etag));
        }

        return parts;
    }

    private static string? Text(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? JsonInput.TryGetText(value) : null;

    private static PacedBody LargeBody(HttpContext context, LtxOptions options, long most)
    {
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize = most;
        return new PacedBody(context, options.Limits, options.Limits.MinLargeBodyBytesPerSecond);
    }

    /// <summary>In the path for Python, in the query for JavaScript.</summary>
    private static string? Secret(HttpContext context) => context.Request.RouteValues["secret"] as string ?? context.Request.Query["sig"];
}
