using System.Text;
using System.Text.Json;
using Ltx.Server.Auth;
using Ltx.Server.Fal;
using Ltx.Server.Files;
using Ltx.Server.Http;
using Ltx.Server.Observability;
using Ltx.Server.Queue;
using Ltx.Server.Storage;
using Ltx.Server.Webhooks;

namespace Ltx.Server.Endpoints;

/// <summary>What is not about one request: keys for receivers, tokens, health, metrics, the API's description.</summary>
internal static class ServerEndpoints
{
    public static Task JwksAsync(HttpContext context, WebhookSigner signer)
    {
        context.Response.Headers.CacheControl = "public, max-age=3600";
        return FalResponse.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("keys");
            json.WriteStartObject();
            json.WriteString("kty", "OKP");
            json.WriteString("crv", "Ed25519");
            json.WriteString("x", signer.PaddedPublicKey);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    /// <summary>A token for fal's realtime routes, which this model does not have: clients want a string, and no route takes it as a key.</summary>
    public static Task RealtimeTokenAsync(HttpContext context, SignedTokens tokens, TimeProvider clock)
    {
        var token = tokens.Create(SignedTokens.Realtime, Caller.Of(context).Owner, clock.GetUtcNow().AddMinutes(2));
        return FalResponse.WriteAsync(context, 200, json => json.WriteStringValue(token));
    }

    public static Task LiveAsync(HttpContext context) => FalResponse.WriteAsync(context, 200, """{"status":"live"}"""u8.ToArray());

    /// <summary>Ready: the model is loaded on every worker, and data folder and database can be written. A stopping server is not ready.</summary>
    public static Task ReadyAsync(HttpContext context, ServerState state, DataFolder folder, Database database, DiskBudget disk, RequestQueue queue)
    {
        var model = state.ModelLoaded;
        var writable = IsWritable(folder);
        var trouble = database.Trouble;
        if (trouble is not null)
        {
            database.Try(); // nobody else may have a reason to; the next look tells
        }

        var room = disk.Refusal(0) is null;
        var recovered = queue.Recovered.IsCompletedSuccessfully;
        var accepting = !queue.Draining;
        var ready = model && writable && trouble is null && room && recovered && accepting;
        return FalResponse.WriteAsync(context, ready ? 200 : 503, json =>
        {
            json.WriteStartObject();
            json.WriteString("status", ready ? "ready" : "not ready");
            json.WriteBoolean("model_loaded", model);
            WriteLoading(json, state.Loading);
            json.WriteBoolean("disk_writable", writable);
            json.WriteBoolean("database_writable", trouble is null);
            json.WriteBoolean("disk_has_room", room);
            json.WriteBoolean("queue_recovered", recovered);
            json.WriteBoolean("accepting", accepting);
            json.WriteEndObject();
        });
    }

    public static async Task MetricsAsync(HttpContext context, PrometheusText metrics)
    {
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        await context.Response.WriteAsync(metrics.Write(), context.RequestAborted);
    }

    /// <summary>An application's document and, beside it, this server's own routes.</summary>
    public static Task OpenApiAsync(HttpContext context)
    {
        var application = Asked(context) ?? Applications.Default;
        return FalResponse.WriteAsync(context, 200, json => OpenApiDocument.Write(json, application, Caller.Of(context).Origin, withOwnRoutes: true));
    }

    /// <summary>An application's document alone, where fal has it.</summary>
    public static Task FalOpenApiAsync(HttpContext context)
    {
        if (!context.Request.Query.ContainsKey("endpoint_id"))
        {
            return FalResponse.WriteAsync(context, FalError.Invalid(new FalDetail("missing", ["query", "endpoint_id"], "Field required")));
        }

        return Asked(context) is { } application
            ? FalResponse.WriteAsync(context, 200, json => OpenApiDocument.Write(json, application, Caller.Of(context).Origin, withOwnRoutes: false))
            : FalResponse.WriteAsync(context, FalError.Plain(404, $"Application \"{context.Request.Query["endpoint_id"]}\" not found"));
    }

    private static Application? Asked(HttpContext context) => Applications.Find(context.Request.Query["endpoint_id"].ToString());

    // Only while something loads.
    private static void WriteLoading(Utf8JsonWriter json, IReadOnlyList<LoadStatus?> workers)
    {
        if (workers.All(status => status is null)) return;
        json.WriteStartArray("loading");
        foreach (var (worker, status) in workers.Index())
        {
            if (status is null) continue;
            json.WriteStartObject();
            json.WriteNumber("worker", worker);
            json.WriteString("component", status.Component);
            json.WriteNumber("bytes", status.Bytes);
            json.WriteNumber("gigabytes_per_second", Math.Round(status.Rate, 2));
            json.WriteNumber("fraction", Math.Round(status.Fraction, 3));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static bool IsWritable(DataFolder folder)
    {
        var probe = Path.Combine(folder.Root, "ready.probe");
        try
        {
            File.WriteAllBytes(probe, Encoding.ASCII.GetBytes("ok"));
            File.Delete(probe);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
