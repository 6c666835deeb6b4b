using System.Text;
using Ltx.Server.Auth;
using Ltx.Server.Fal;
using Ltx.Server.Queue;

namespace Ltx.Server.Endpoints;

/// <summary>Submit, status, result and cancel.</summary>
internal static class QueueEndpoints
{
    public static async Task SubmitAsync(HttpContext context, string endpoint)
    {
        var (request, error) = await context.RequestServices.GetRequiredService<Intake>().TakeInAsync(context, endpoint, sync: false);
        if (request is null)
        {
            await FalResponse.WriteAsync(context, error!);
            return;
        }

        FalResponse.SetRequestId(context, request.Id);
        await FalResponse.WriteAsync(context, 200, StatusBody.Submitted(request));
    }

    public static Task StatusAsync(HttpContext context)
    {
        var id = Id(context);
        var wantsLogs = WantsLogs(context);
        if (Live(context, id) is { } live)
        {
            FalResponse.SetRequestId(context, id);
            var state = live.State;
            if (state != RequestState.Completed)
            {
                return FalResponse.WriteAsync(context, 202, StatusBody.Live(live, state, wantsLogs ? live.Logs() : null));
            }
        }

        // What is not in memory, or completed there, is completed on disk.
        if (Stored(context, id) is not { State: RequestState.Completed } stored)
        {
            return NotFound(context);
        }

        FalResponse.SetRequestId(context, id);
        return FalResponse.WriteAsync(context, 200, StatusBody.Completed(stored, wantsLogs ? Store(context).Logs(id) : null));
    }

    public static async Task ResultAsync(HttpContext context)
    {
        var id = Id(context);
        if (Stored(context, id) is not { } stored)
        {
            await NotFound(context);
            return;
        }

        FalResponse.SetRequestId(context, id);
        if (stored.State != RequestState.Completed)
        {
            await FalResponse.WriteAsync(context, FalError.Plain(400, FalMessages.StillInProgress));
            return;
        }

        await WriteResultAsync(context, stored);
    }

    /// <summary>The completed request's own status, headers and body: at the result call and at the end of a sync run.</summary>
    public static async Task WriteResultAsync(HttpContext context, StoredRequest stored)
    {
        var response = context.Response;
        var missing = await context.RequestServices.GetRequiredService<ResultBody>().WriteAsync(stored, () =>
        {
            response.StatusCode = stored.StatusCode!.Value;
            response.ContentType = "application/json";
            response.Headers["x-fal-billable-units"] = (stored.Units ?? 0).ToString(System.Globalization.CultureInfo.InvariantCulture);
            FalResponse.SetErrorHeaders(response, stored.ErrorType, stored.TimeoutType, stored.Retryable);
            return response.Body;
        }, context.RequestAborted);
        if (missing is not null)
        {
            await FalResponse.WriteAsync(context, missing);
        }
    }

    public static async Task CancelAsync(HttpContext context)
    {
        var id = Id(context);
        if (Live(context, id) is { } live)
        {
            FalResponse.SetRequestId(context, id);
            var answer = await context.RequestServices.GetRequiredService<RequestQueue>().CancelAsync(live, StopReason.Cancelled);
            await Status(context, answer == CancelAnswer.Requested ? 202 : 400, answer == CancelAnswer.Requested ? "CANCELLATION_REQUESTED" : "ALREADY_COMPLETED");
        }
        else if (Stored(context, id) is not null)
        {
            FalResponse.SetRequestId(context, id);
            await Status(context, 400, "ALREADY_COMPLETED");
        }
        else
        {
            await NotFound(context);
        }
    }

    public static string Id(HttpContext context) => (string)context.Request.RouteValues["id"]!;

    /// <summary>0/1 from JavaScript and the CLI, true/false from Python.</summary>
    public static bool WantsLogs(HttpContext context) => context.Request.Query["logs"].ToString().ToLowerInvariant() is "1" or "true";

    /// <summary>Another key's request is as good as none.</summary>
    public static LiveRequest? Live(HttpContext context, string id) =>
        context.RequestServices.GetRequiredService<RequestQueue>().FindLive(id) is { } live && Caller.Of(context).MaySee(live.Stored.Owner) ? live : null;

    public static StoredRequest? Stored(HttpContext context, string id) =>
        Store(context).Find(id) is { } stored && Caller.Of(context).MaySee(stored.Owner) ? stored : null;

    public static Task NotFound(HttpContext context) => Status(context, 404, "NOT_FOUND");

    private static RequestStore Store(HttpContext context) => context.RequestServices.GetRequiredService<RequestStore>();

    private static Task Status(HttpContext context, int code, string word) => FalResponse.WriteAsync(context, code, Encoding.ASCII.GetBytes($"{{\"status\":\"{word}\"}}"));
}
