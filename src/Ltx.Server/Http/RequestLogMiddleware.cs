using Ltx.Server.Auth;
using Ltx.Server.Fal;

namespace Ltx.Server.Http;

/// <summary>
/// One line a request, without its query and the secrets of its path (<see cref="LoggedPath"/>). Status calls come ten times a second from each
/// client, and the page loads dozens of files: Debug.
/// </summary>
internal sealed partial class RequestLogMiddleware(RequestDelegate next, TimeProvider clock, ILogger<RequestLogMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var began = clock.GetTimestamp();
        var path = context.Request.Path;
        await next(context);
        var status = context.Response.StatusCode;
        var often = HttpMethods.IsGet(context.Request.Method) && status < 500 && (IsPolled(path) || IsOfThePage(path));
        var level = often ? LogLevel.Debug : LogLevel.Information;
        if (logger.IsEnabled(level))
        {
            Answered(logger, level, context.Request.Method, LoggedPath.Of(path), status, clock.GetElapsedTime(began).TotalMilliseconds,
                context.Response.Headers[FalResponse.RequestIdHeader].ToString(), context.Features.Get<Caller>()?.Owner ?? "");
        }
    }

    private static bool IsPolled(PathString path) =>
        path.Value!.Contains("/status", StringComparison.Ordinal) || path.StartsWithSegments("/health", StringComparison.Ordinal)
            || path.StartsWithSegments("/metrics", StringComparison.Ordinal);

    private static bool IsOfThePage(PathString path) =>
        path == "/" || path.StartsWithSegments("/vendor", StringComparison.Ordinal)
        || (path.StartsWithSegments("/ui", StringComparison.Ordinal) && !path.StartsWithSegments("/ui/api", StringComparison.Ordinal));

    [LoggerMessage(Message = "{Method} {Path} {Status} in {Milliseconds:F1} ms, request {RequestId}, key '{Key}'")]
    private static partial void Answered(
        ILogger logger, LogLevel level, string method, string path, int status, double milliseconds, string requestId, string key);
}
