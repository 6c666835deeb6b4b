using Ltx.Server.Auth;
using Ltx.Server.Configuration;
using Ltx.Server.Fal;
using Ltx.Server.Http;
using Ltx.Video;

namespace Ltx.Server.Playground;

/// <summary>`POST /ui/api/masks`: the mask video of a drawing, for browsers that cannot encode one.</summary>
internal static class MaskEndpoint
{
    /// <summary>Drawing, without the time in which ffmpeg is waited for: a drawing of a thousand moving shapes could take days.</summary>
    private static readonly TimeSpan LongestDrawing = TimeSpan.FromMinutes(10);

    public static async Task MakeAsync(HttpContext context, LtxOptions options, BodyReader bodies, Workbench bench, MediaFailure failure)
    {
        var (request, error) = await ReadAsync(context, options.Limits, bodies);
        if (request is null)
        {
            await FalResponse.WriteAsync(context, error!);
            return;
        }

        using CancellationTokenSource late = new(LongestDrawing);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, late.Token);
        try
        {
            var file = await bench.MakeFilmAsync(context, "video/mp4", path =>
            {
                MaskRasteriser rasteriser = new(request.Size.Width, request.Size.Height, request.Marks);
                var frames = request.Times.Select(time => rasteriser.Draw(time, stop.Token));
                return MaskWriter.WriteAsync(path, request.Size, request.Times, frames, MediaLimits.Default, stop.Token);
            }, stop.Token);
            await FalResponse.WriteAsync(context, 200, json =>
            {
                json.WriteStartObject();
                json.WriteString("url", Caller.Of(context).Origin + file.UrlPath);
                json.WriteEndObject();
            });
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            await FalResponse.WriteAsync(context, FalError.Invalid(new FalDetail("value_error", ["body", "marks"], "The drawing takes too long to be made into a mask; draw fewer or simpler shapes")));
        }
        catch (MediaException e)
        {
            await FalResponse.WriteAsync(context, failure.Answer(context, e, ["body"]));
        }
    }

    private static async Task<(MaskRequest? Request, FalError? Error)> ReadAsync(HttpContext context, LimitsOptions limits, BodyReader bodies)
    {
        using var body = await bodies.ReadAsync(context);
        var (document, broken) = JsonInput.Parse(body.Bytes, limits.MaxJsonDepth);
        using (document)
        {
            var (request, problem) = document is null ? (null, broken) : MaskRequestReader.Read(document.RootElement, limits.MaxSourcePixels);
            return (request, request is null ? FalError.Invalid(problem!) : null);
        }
    }
}
