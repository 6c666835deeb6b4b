using Ltx.Server.Auth;
using Ltx.Server.Fal;
using Ltx.Server.Files;
using Ltx.Server.Media;
using Ltx.Server.Queue;
using Ltx.Video;

namespace Ltx.Server.Playground;

/// <summary>`GET /ui/api/requests/{id}/thumbnail`: the first frame of a request's result or, before there is one, of its source.</summary>
internal static class ThumbnailEndpoint
{
    private const long MostPixels = 320 * 240;

    /// <summary>A JPEG; 204 where neither file is here any more (or the source never was on this server).</summary>
    public static async Task GetAsync(HttpContext context, string id, VisibleRequests requests, RequestStore store, FileStore files, Workbench bench)
    {
        if (requests.Stored(Caller.Of(context), id) is not { } request)
        {
            await FalResponse.NotFoundAsync(context);
            return;
        }

        FalResponse.SetRequestId(context, id);
        using var lease = request.StoreIo ? files.Lease(request.OutputId ?? SourceId(store, files, id) ?? "") : null;
        if (lease is null)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        var headers = context.Response.Headers;
        var tag = $"\"{lease.File.ETag}\"";
        headers.ETag = tag;
        headers.CacheControl = "private, no-cache";
        if (context.Request.Headers.IfNoneMatch == tag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        byte[] jpeg;
        try
        {
            jpeg = await bench.MakePictureAsync(
                context,
                async () =>
                {
                    var info = await MediaProbe.ProbeAsync(lease.Path, MediaLimits.Default, ClipInpainter.SourceRole, context.RequestAborted);
                    return await PreviewWriter.FirstFrameAsync(info, MostPixels, context.RequestAborted);
                },
                context.RequestAborted);
        }
        catch (MediaException e) when (e.Fault == MediaFault.Input)
        {
            headers.ETag = default;
            context.Response.StatusCode = StatusCodes.Status204NoContent; // the request's own error says what is wrong with the file
            return;
        }

        headers.XContentTypeOptions = "nosniff";
        context.Response.ContentType = "image/jpeg";
        context.Response.ContentLength = jpeg.Length;
        await context.Response.Body.WriteAsync(jpeg, context.RequestAborted);
    }

    private static string? SourceId(RequestStore store, FileStore files, string id)
    {
        if (store.ListedInput(id) is not { } input || JsonInput.Parse(input, 1000).Document is not { } document)
        {
            return null;
        }

        using (document)
        {
            return document.RootElement.ValueKind == System.Text.Json.JsonValueKind.Object && document.RootElement.TryGetProperty("video_url", out var url)
                && url.ValueKind == System.Text.Json.JsonValueKind.String && JsonInput.TryGetText(url) is { } text
                    ? files.IdFromUrl(text)
                    : null;
        }
    }
}
