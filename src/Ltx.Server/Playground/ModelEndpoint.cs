using System.Globalization;
using Ltx.Server.Auth;
using Ltx.Server.Fal;
using Ltx.Server.Queue;

namespace Ltx.Server.Playground;

/// <summary>
/// `GET /ui/api/model`: what the model says of itself, whether a key is needed here and whose the caller's is, and how long a request would take
/// where its size is given (`width`, `height`, `num_frames`, `frames_per_second`, `num_inference_steps`, `guidance_scale`).
/// </summary>
internal static class ModelEndpoint
{
    public static Task GetAsync(HttpContext context, IInpaintRunner runner, ApiKeys keys)
    {
        var card = runner.Card;
        var name = ApiKeys.Credential(context.Request) is { } credential ? keys.Find(credential)?.Name : null;
        var seconds = Expected(context.Request.Query, runner);
        context.Response.Headers.CacheControl = "no-store";
        return FalResponse.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteString("name", card?.Name);
            json.WriteString("about", card?.About);
            json.WriteStartArray("prompts");
            foreach (var prompt in card?.Prompts ?? [])
            {
                json.WriteStringValue(prompt);
            }

            json.WriteEndArray();
            json.WritePropertyName("frames");
            FalJson.WriteValue(json, card?.Frames);
            json.WriteBoolean("needs_key", keys.Any);
            json.WriteString("key_name", name);
            json.WritePropertyName("expected_seconds");
            FalJson.WriteValue(json, seconds is { } known ? Math.Round(known, 1) : null);
            json.WriteEndObject();
        });
    }

    /// <summary>Null where anything of it is missing or no request could have it.</summary>
    private static double? Expected(IQueryCollection query, IInpaintRunner runner)
    {
        double? Number(string name, double least, double most) =>
            double.TryParse(query[name], NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
                ? number : null;

        double? Field(string name)
        {
            var field = InpaintSchema.Field(name);
            return Number(name, field.Minimum!.Value, field.Maximum!.Value);
        }

        var size = (Number("width", 64, MaskRequestReader.MaxSide), Number("height", 64, MaskRequestReader.MaxSide));
        var clip = (Field("num_frames"), Field("frames_per_second"));
        var effort = (Field("num_inference_steps"), Field("guidance_scale"));
        return size is ({ } width, { } height) && clip is ({ } frames, { } rate) && effort is ({ } steps, { } guidance)
            ? runner.ExpectedSeconds((int)width, (int)height, (int)frames, rate, (int)steps, guidance)
            : null;
    }
}
