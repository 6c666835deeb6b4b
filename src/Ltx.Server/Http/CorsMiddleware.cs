namespace Ltx.Server.Http;

/// <summary>
/// Lets browsers of every origin call, as fal's apps do. Credentials travel in the Authorization header, not in cookies, so the origin
/// proves nothing; where no key is configured <see cref="Auth.LoopbackRule"/> looks at it.
/// </summary>
internal sealed class CorsMiddleware(RequestDelegate next)
{
    private const string Exposed = "x-fal-request-id, x-fal-request-timeout-type, x-fal-error-type, x-fal-billable-units, x-fal-retryable, x-fal-needs-retry, etag, content-range, accept-ranges";

    public Task InvokeAsync(HttpContext context)
    {
        var (request, headers) = (context.Request, context.Response.Headers);
        if (request.Headers.Origin.ToString() is { Length: > 0 } origin && HeaderText.IsPlain(origin))
        {
            headers.AccessControlAllowOrigin = origin;
            headers.AccessControlAllowCredentials = "true";
            headers.AccessControlExposeHeaders = Exposed;
            headers.Vary = "Origin";
        }
        else
        {
            headers.AccessControlAllowOrigin = "*";
        }

        if (!HttpMethods.IsOptions(request.Method))
        {
            return next(context);
        }

        headers.AccessControlAllowMethods = "GET, HEAD, POST, PUT, DELETE, OPTIONS";
        headers.AccessControlAllowHeaders = request.Headers.AccessControlRequestHeaders.ToString() is { Length: > 0 } asked
            && HeaderText.IsPlain(asked) ? asked : "authorization, content-type";
        headers.AccessControlMaxAge = "86400";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
