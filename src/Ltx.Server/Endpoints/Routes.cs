using Ltx.Server.Auth;
using Ltx.Server.Fal;
using Ltx.Server.Playground;
using Ltx.Server.Queue;

namespace Ltx.Server.Endpoints;

/// <summary>Every route of the server, after <see cref="Http.MountMiddleware"/> has brought the path to its one form. A handler's parameters are the route's own and the services that it uses.</summary>
internal static class Routes
{
    public static void Map(IEndpointRouteBuilder app)
    {
        foreach (var application in Applications.All)
        {
            Post(app, $"/queue/{application.Id}", (HttpContext c, Intake intake) => QueueEndpoints.SubmitAsync(c, application, intake), Access.Key);
            Post(
                app,
                $"/run/{application.Id}",
                (HttpContext c, Intake intake, RequestQueue queue, RequestStore store, ResultBody results) =>
                    RunEndpoint.RunAsync(c, application, intake, queue, store, results),
                Access.Key);
        }

        // Status, result and cancel: under every mount, by owner and alias as fal's clients call them and by the full id as generated clients do.
        var names = Applications.Apps.Concat(Applications.All.Select(application => application.Id)).Distinct();
        foreach (var prefix in names.SelectMany(name => new[] { $"/queue/{name}", $"/run/{name}" }))
        {
            Get(app, prefix + "/requests/{id}/status", QueueEndpoints.StatusAsync, Access.Key);
            Get(app, prefix + "/requests/{id}/status/stream", StatusStreamEndpoint.StreamAsync, Access.Key);
            Get(app, prefix + "/requests/{id}", QueueEndpoints.ResultAsync, Access.Key);
            Get(app, prefix + "/requests/{id}/response", QueueEndpoints.ResultAsync, Access.Key);
            Put(app, prefix + "/requests/{id}/cancel", QueueEndpoints.CancelAsync, Access.Key);
        }

        // Uploads of fal's JavaScript client.
        Post(app, "/storage/upload/initiate", UploadEndpoints.InitiateAsync, Access.Key);
        Post(app, "/storage/upload/initiate-multipart", UploadEndpoints.InitiateAsync, Access.Key);
        Put(app, "/storage/upload/{id}", UploadEndpoints.PutAsync, Access.Capability);
        Put(app, "/storage/upload/{id}/{number}", UploadEndpoints.PutPartAsync, Access.Capability);
        Post(app, "/storage/upload/{id}/complete", UploadEndpoints.CompleteAsync, Access.Capability);

        // Uploads of fal's Python client.
        Post(app, "/storage/auth/token", UploadEndpoints.TokenAsync, Access.Key);
        Post(app, "/files/upload", UploadEndpoints.PostFileAsync, Access.UploadToken);
        Post(app, "/files/upload/multipart", UploadEndpoints.PostMultipartAsync, Access.UploadToken);
        Put(app, "/files/{id}/{name}/multipart/{secret}/{number}", UploadEndpoints.PutPartAsync, Access.Capability);
        Post(app, "/files/{id}/{name}/multipart/{secret}/complete", UploadEndpoints.CompleteAsync, Access.Capability);
        app.MapMethods("/files/{id}/{name}", ["GET", "HEAD"], FileEndpoints.GetAsync).WithMetadata(new AccessMetadata(Access.Capability));

        Get(app, "/requests", RequestsEndpoints.ListAsync, Access.Key);
        Get(app, "/requests/{id}", RequestsEndpoints.ShowAsync, Access.Key);
        app.MapMethods("/v1/models/requests/{id}/payloads", ["DELETE"], RequestsEndpoints.DeletePayloadsAsync).WithMetadata(new AccessMetadata(Access.Key));

        Post(app, "/tokens", ServerEndpoints.RealtimeTokenAsync, Access.Key);
        Get(app, "/.well-known/jwks.json", ServerEndpoints.JwksAsync, Access.Capability);
        Get(app, "/openapi.json", ServerEndpoints.OpenApiAsync, Access.Capability);
        Get(app, "/api/openapi/queue/openapi.json", ServerEndpoints.FalOpenApiAsync, Access.Capability);
        Get(app, "/health/live", ServerEndpoints.LiveAsync, Access.Open);
        Get(app, "/health/ready", ServerEndpoints.ReadyAsync, Access.Open);
        Get(app, "/metrics", ServerEndpoints.MetricsAsync, Access.Metrics);

        // For people: the page, its own helpers, and the reference.
        foreach (var path in new[] { "/", "/ui/{**path}", "/vendor/{**path}" })
        {
            app.MapMethods(path, ["GET", "HEAD"], PageEndpoints.GetAsync).WithMetadata(new AccessMetadata(Access.Open));
        }

        Post(app, "/ui/api/masks", MaskEndpoint.MakeAsync, Access.Key);
        Post(app, "/ui/api/previews", PreviewEndpoint.MakeAsync, Access.Key);
        Get(app, "/ui/api/requests/{id}/thumbnail", ThumbnailEndpoint.GetAsync, Access.Key);
        ReferencePage.Map(app);
    }

    private static void Get(IEndpointRouteBuilder app, string path, Delegate handler, Access access) => app.MapGet(path, handler).WithMetadata(new AccessMetadata(access));

    private static void Post(IEndpointRouteBuilder app, string path, Delegate handler, Access access) => app.MapPost(path, handler).WithMetadata(new AccessMetadata(access));

    private static void Put(IEndpointRouteBuilder app, string path, Delegate handler, Access access) => app.MapPut(path, handler).WithMetadata(new AccessMetadata(access));
}
