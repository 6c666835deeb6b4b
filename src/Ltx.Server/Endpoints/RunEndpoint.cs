using Ltx.Server.Fal;
using Ltx.Server.Queue;

namespace Ltx.Server.Endpoints;

/// <summary>The sync run: one connection from input to output. When its client goes away, so does the work.</summary>
internal static class RunEndpoint
{
    public static async Task RunAsync(
        HttpContext context, Application application, Intake intake, RequestQueue queue, RequestStore store, ResultBody results)
    {
        var (request, error) = await intake.TakeInAsync(context, application, sync: true);
        if (request is null)
        {
            await FalResponse.WriteAsync(context, error!);
            return;
        }

        FalResponse.SetRequestId(context, request.Id);
        try
        {
            await request.Finished.Task.WaitAsync(context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            await queue.CancelAsync(request, StopReason.ClientDisconnected);
            throw;
        }

        await QueueEndpoints.WriteResultAsync(context, store.Find(request.Id)!, results);
    }
}
