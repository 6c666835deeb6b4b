using System.Text.Json;
using Ltx.Server.Auth;
using Ltx.Server.Configuration;
using Ltx.Server.Fal;
using Ltx.Server.Fetch;
using Ltx.Server.Files;
using Ltx.Server.Http;
using Ltx.Server.Media;
using Ltx.Server.Queue;
using Ltx.Video;

namespace Ltx.Server.Playground;

/// <summary>`POST /ui/api/previews`: a copy of a source that every browser can show, for one whose own decoder cannot.</summary>
internal static class PreviewEndpoint
{
    public static readonly IReadOnlyList<InputField> Fields =
        [new("url", FieldKind.Url, "URL or data URI of a video, as video_url takes it.") { Required = true }];

    /// <summary>1280x720: enough to mark a region by.</summary>
    private const long MostPixels = 1280 * 720;

    public static async Task MakeAsync(HttpContext context, LtxOptions options, BodyReader bodies, InputFetcher fetcher, Workbench bench, MediaFailure failure)
    {
        var (url, error) = await ReadAsync(context, options.Limits, bodies);
        if (url is null)
        {
            await FalResponse.WriteAsync(context, error!);
            return;
        }

        try
        {
            await using var source = await fetcher.OpenAsync(url, FetchKind.Video, context.RequestAborted);
            MediaInfo? info = null;
            VideoPreview? preview = null;
            var file = await bench.MakeFilmAsync(
                context,
                "video/mp4",
                async path =>
                {
                    // A stranger's file takes memory when it is looked at, too: in its turn.
                    info = (await MediaProbe.ProbeAsync(source.Path, MediaLimits.Default, ClipInpainter.SourceRole, context.RequestAborted)).RequireVideo();
                    preview = await PreviewWriter.WriteAsync(info, path, MostPixels, Longest, context.RequestAborted);
                },
                context.RequestAborted);
            await AnswerAsync(context, info!, file, preview!);
        }
        catch (FetchException e)
        {
            await FalResponse.WriteAsync(context, FalError.Invalid(InputFetcher.Problem(e, url, ["body", "url"])));
        }
        catch (MediaException e)
        {
            await FalResponse.WriteAsync(context, failure.Answer(context, e, ["body", "url"]));
        }
    }

    /// <summary>What a request can cover at most: the most frames at the lowest rate. Nothing behind it can be marked.</summary>
    private static TimeSpan Longest => TimeSpan.FromSeconds(InpaintSchema.Field("num_frames").Maximum!.Value / InpaintSchema.Field("frames_per_second").Minimum!.Value);

    private static async Task<(string? Url, FalError? Error)> ReadAsync(HttpContext context, LimitsOptions limits, BodyReader bodies)
    {
        using var body = await bodies.ReadAsync(context);
        var (document, broken) = JsonInput.Parse(body.Bytes, limits.MaxJsonDepth);
        if (document is null)
        {
            return (null, FalError.Invalid(broken!));
        }

        using var parsed = document;
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            return (null, FalError.Invalid(new FalDetail("model_attributes_type", ["body"], "Input should be a valid dictionary or object to extract fields from")));
        }

        FieldReader fields = new(Fields, document.RootElement);
        var url = fields.Url("url");
        return fields.Problems.Count == 0 ? (url, null) : (null, FalError.Invalid(fields.Problems));
    }

    private static Task AnswerAsync(HttpContext context, MediaInfo info, StoredFile file, VideoPreview preview) => FalResponse.WriteAsync(context, 200, json =>
    {
        json.WriteStartObject();
        json.WriteString("url", Caller.Of(context).Origin + file.UrlPath);

        // The source's own displayed size: marks are drawn in its pixels, whatever the preview's size is.
        json.WriteNumber("width", info.Width);
        json.WriteNumber("height", info.Height);
        json.WriteNumber("frames", preview.Times.Count);
        json.WritePropertyName("frames_per_second");
        FalJson.WriteValue(json, info.AverageFrameRate?.Value);
        json.WriteStartArray("times");
        foreach (var time in preview.Times)
        {
            json.WriteNumberValue(time);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });
}
