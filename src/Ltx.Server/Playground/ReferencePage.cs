using System.Security.Cryptography;
using Ltx.Server.Auth;
using Ltx.Server.Fal;
using Scalar.AspNetCore;

namespace Ltx.Server.Playground;

/// <summary>`/docs`: the API's reference by Scalar, from this server alone.</summary>
internal static class ReferencePage
{
    public static void Map(IEndpointRouteBuilder app) =>
        app.MapScalarApiReference("/docs", Configure).WithMetadata(new AccessMetadata(Access.Open));

    private static void Configure(ScalarOptions scalar, HttpContext context)
    {
        var nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        scalar.Title = "Ltx API";
        scalar.WithNonce(nonce);
        foreach (var application in Applications.All)
        {
            var id = application.Id;
            scalar.AddDocument(application.Name, id, $"/openapi.json?endpoint_id={id}", isDefault: application == Applications.Default);
        }

        // Whatever would ask another origin.
        scalar.DefaultFonts = false;
        scalar.Telemetry = false;
        scalar.ProxyUrl = null;
        scalar.HideClientButton = true;
        scalar.ShowDeveloperTools = DeveloperToolsVisibility.Never;
        scalar.DisableAgent();
        scalar.DisableMcp();

        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy =
            $"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
            + "form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
        PageEndpoints.AddSecurity(headers);
        headers.CacheControl = "no-store"; // a nonce is for one answer
    }
}
