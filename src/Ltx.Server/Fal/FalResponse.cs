using System.Text;
using System.Text.Json;

namespace Ltx.Server.Fal;

/// <summary>Writes answers in fal's form: plain application/json, never a problem document.</summary>
internal static class FalResponse
{
    public const string RequestIdHeader = "x-fal-request-id";

    public static Task WriteAsync(HttpContext context, FalError error)
    {
        SetErrorHeaders(context.Response, error.ErrorType, error.TimeoutType, error.Retryable);
        if (error.RetryAfter is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
            context.Response.Headers["X-Fal-Needs-Retry"] = "1";
        }

        if (error.Status is 422 or 404)
        {
            context.Response.Headers["x-fal-billable-units"] = "0";
        }

        return WriteAsync(context, error.Status, Encoding.UTF8.GetBytes(error.ToJson()));
    }

    public static Task WriteAsync(HttpContext context, int status, Action<Utf8JsonWriter> write) => WriteAsync(context, status, FalJson.Bytes(write));

    public static async Task WriteAsync(HttpContext context, int status, byte[] body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    /// <summary>The answer of one word that fal's queue gives where there is no more to say.</summary>
    public static Task WriteStatusAsync(HttpContext context, int status, string word) => WriteAsync(context, status, Encoding.ASCII.GetBytes($"{{\"status\":\"{word}\"}}"));

    public static Task NotFoundAsync(HttpContext context) => WriteStatusAsync(context, 404, "NOT_FOUND");

    public static void SetErrorHeaders(HttpResponse response, string? errorType, string? timeoutType, bool? retryable)
    {
        if (errorType is not null)
        {
            response.Headers["X-Fal-Error-Type"] = errorType;
        }

        if (timeoutType is not null)
        {
            response.Headers["X-Fal-Request-Timeout-Type"] = timeoutType;
        }

        if (retryable is { } again)
        {
            response.Headers["X-Fal-Retryable"] = again ? "true" : "false";
            response.Headers["X-Fal-Needs-Retry"] = again ? "1" : "0";
        }
    }

    public static void SetRequestId(HttpContext context, string id) => context.Response.Headers[RequestIdHeader] = id;
}
