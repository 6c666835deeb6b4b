using Ltx.Server.Auth;
using Ltx.Server.Queue;

namespace Ltx.Server.Endpoints;

/// <summary>
/// Until the queue is back from the disk, whoever asks for more than the server's health waits: a request that is not there yet must not look as
/// if it had never been.
/// </summary>
internal sealed class RecoveryGate(RequestDelegate next, RequestQueue queue)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (!queue.Recovered.IsCompletedSuccessfully && context.GetEndpoint()?.Metadata.GetMetadata<AccessMetadata>()?.Access is not (Access.Open or Access.Metrics))
        {
            await queue.Recovered.WaitAsync(context.RequestAborted);
        }

        await next(context);
    }
}
