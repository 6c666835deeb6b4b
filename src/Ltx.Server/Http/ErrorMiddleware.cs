using Ltx.Server.Auth;
using Ltx.Server.Fal;
using Ltx.Server.Storage;

namespace Ltx.Server.Http;

/// <summary>The outermost step: a request id on every answer, and every failure, the framework's own included, as fal's JSON.</summary>
internal sealed partial class ErrorMiddleware(RequestDelegate next, ILogger<ErrorMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        FalResponse.SetRequestId(context, Guid.NewGuid().ToString());
        try
        {
            await next(context);
            if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null, ContentLength: null })
            {
                await FalResponse.WriteAsync(context, Bare(context));
            }
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody reads an answer any more.
            context.Response.StatusCode = 499;
        }
        catch (Exception e)
        {
            await AnswerAsync(context, e);
        }
    }

    private async Task AnswerAsync(HttpContext context, Exception e)
    {
        var error = e switch
        {
            BadHttpRequestException bad => FalError.Plain(bad.StatusCode, bad.StatusCode == 413 ? "The request body is larger than the server takes." : bad.Message),
            IFalAnswer own => own.Answer,
            _ when DiskTrouble.IsFull(e) => FalError.Infrastructure(507, "internal_error", "The server's disk is full."),
            _ when DiskTrouble.IsPassing(e) || e is DataFolderException =>
                FalError.Infrastructure(503, "internal_error", "The server's database is not to be had at the moment. Please try again."),
            _ => FalError.Plain(500, "Internal Server Error"),
        };
        if (error.Status == 500)
        {
            Failed(logger, context.Request.Method, LoggedPath.Of(context.Request.Path), e);
        }
        else if (error.Status > 500)
        {
            // Foreseen, and as often as somebody asks: where in our code it was noticed helps nobody.
            Refused(logger, context.Request.Method, LoggedPath.Of(context.Request.Path), error.Status, e.Message);
        }

        if (context.Response.HasStarted)
        {
            context.Abort(); // half an answer must not look like a whole one
            return;
        }

        var id = context.Response.Headers[FalResponse.RequestIdHeader];
        var cors = context.Response.Headers.Where(h => h.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase)).ToArray();
        context.Response.Clear();
        context.Response.Headers[FalResponse.RequestIdHeader] = id;
        foreach (var (name, value) in cors)
        {
            context.Response.Headers[name] = value;
        }

        await FalResponse.WriteAsync(context, error);
    }

    private static FalError Bare(HttpContext context) => FalError.Plain(context.Response.StatusCode, context.Response.StatusCode switch
    {
        404 => NotFoundText(context),
        405 => "Method Not Allowed",
        408 => "The request body came too slowly.",
        413 => "The request body is larger than the server takes.",
        431 => "The request's headers are too large.",
        var code => Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(code),
    });

    /// <summary>Inside the app the path is not there; outside of it the application is not.</summary>
    private static string NotFoundText(HttpContext context)
    {
        var path = context.Features.Get<Caller>()?.Path ?? context.Request.Path.Value ?? "/";
        if (Applications.AppOf(path) is { } app)
        {
            return $"Path {(path.Length > app.Length + 1 ? path[(app.Length + 1)..] : "/")} not found";
        }

        var segments = path.Trim('/').Split('/');
        return segments.Length >= 2 && context.Request.Path.Value is { } rewritten && (rewritten.StartsWith("/queue/", StringComparison.Ordinal) || rewritten.StartsWith("/run/", StringComparison.Ordinal))
            ? $"Application \"{segments[1]}\" not found"
            : $"Path {path} not found";
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} {Path} is answered with {Status}: {Reason}")]
    private static partial void Refused(ILogger logger, string method, string path, int status, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    private static partial void Failed(ILogger logger, string method, string path, Exception e);
}
