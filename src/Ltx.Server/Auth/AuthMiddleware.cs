using Ltx.Server.Configuration;
using Ltx.Server.Fal;

namespace Ltx.Server.Auth;

/// <summary>Decides who the caller is, after routing, since routes differ in what they ask for.</summary>
internal sealed class AuthMiddleware(RequestDelegate next, LtxOptions options, ApiKeys keys, SignedTokens tokens)
{
    public Task InvokeAsync(HttpContext context)
    {
        var caller = Caller.Of(context);
        var access = context.GetEndpoint()?.Metadata.GetMetadata<AccessMetadata>()?.Access ?? Access.Capability;
        if (access == Access.Open)
        {
            return next(context);
        }

        var credential = ApiKeys.Credential(context.Request);
        if (credential is not null && LoopbackRule.Holds(context) && keys.IsOperator(credential))
        {
            caller.IsOperator = true;
            return next(context);
        }

        if (access == Access.Metrics && (options.Telemetry.PublicMetrics || LoopbackRule.Holds(context)))
        {
            return next(context);
        }

        if (!keys.Any)
        {
            return options.Auth.AllowAnonymous || LoopbackRule.Holds(context) ? next(context) : Refuse(context, caller, FalError.Plain(403,
                "This server has no key configured and serves callers on its own machine only. Configure Auth:Keys, or Auth:AllowAnonymous to serve everybody."));
        }

        if (access == Access.Capability)
        {
            return next(context);
        }

        if (credential is null)
        {
            return options.Auth.AllowAnonymous
                ? next(context)
                : Refuse(context, caller, FalError.Plain(401, FalMessages.AuthenticationRequired(caller.Path)));
        }

        if (keys.Find(credential) is { } key)
        {
            caller.Key = key;
            return next(context);
        }

        if (access == Access.UploadToken && tokens.Owner(SignedTokens.Upload, credential) is { } owner)
        {
            caller.UploadOwner = owner;
            return next(context);
        }

        return Refuse(context, caller, FalError.Plain(401, FalMessages.InvalidKey));
    }

    private static Task Refuse(HttpContext context, Caller caller, FalError error) =>
        FalResponse.WriteAsync(context, caller.Proxied && error.Status == 401 ? error with { Text = "Unauthorized" } : error);
}
