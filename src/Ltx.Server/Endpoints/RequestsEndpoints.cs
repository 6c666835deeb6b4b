using System.Globalization;
using Ltx.Server.Auth;
using Ltx.Server.Fal;
using Ltx.Server.Files;
using Ltx.Server.Http;
using Ltx.Server.Queue;

namespace Ltx.Server.Endpoints;

/// <summary>A key's own requests: list, one of them, and the deletion of what they carried. The operator sees everybody's.</summary>
internal static class RequestsEndpoints
{
    private const int DefaultPage = 20;
    private const int LargestPage = 100;

    public static Task ListAsync(HttpContext context, RequestStore store)
    {
        var query = context.Request.Query;
        var caller = Caller.Of(context);
        var limit = int.TryParse(query["limit"], CultureInfo.InvariantCulture, out var asked) ? Math.Clamp(asked, 1, LargestPage) : DefaultPage;
        var before = long.TryParse(query["cursor"], CultureInfo.InvariantCulture, out var cursor) ? cursor : long.MaxValue;
        RequestState? state = query["status"].ToString().ToUpperInvariant() switch
        {
            "IN_QUEUE" => RequestState.Queued,
            "IN_PROGRESS" => RequestState.Running,
            "COMPLETED" => RequestState.Completed,
            _ => null,
        };
        var prefix = query["prefix"].ToString() is { Length: > 0 } beginning ? beginning : null;
        var page = store.Page(caller.IsOperator ? null : caller.Owner, before, limit + 1, state, prefix);
        return FalResponse.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("requests");
            foreach (var request in page.Take(limit))
            {
                RequestListing.Write(json, request, store.ListedInput(request.Id), caller.IsOperator, logs: null);
            }

            json.WriteEndArray();
            json.WriteString("next_cursor", page.Count > limit ? page[limit - 1].Sequence.ToString(CultureInfo.InvariantCulture) : null);
            json.WriteBoolean("has_more", page.Count > limit);
            json.WriteEndObject();
        });
    }

    public static Task ShowAsync(HttpContext context, string id, VisibleRequests requests, RequestStore store)
    {
        if (requests.Stored(Caller.Of(context), id) is not { } request)
        {
            return FalResponse.NotFoundAsync(context);
        }

        FalResponse.SetRequestId(context, id);
        return FalResponse.WriteAsync(context, 200, json => RequestListing.Write(json, request, store.ListedInput(id), Caller.Of(context).IsOperator, store.Logs(id)));
    }

    /// <summary>Forgets input, result and output files at once. A request in progress needs them still.</summary>
    public static async Task DeletePayloadsAsync(HttpContext context, string id, VisibleRequests requests, RequestStore store, FileStore files)
    {
        if (requests.Stored(Caller.Of(context), id) is not { } request)
        {
            await FalResponse.NotFoundAsync(context);
            return;
        }

        FalResponse.SetRequestId(context, id);
        if (request.State != RequestState.Completed)
        {
            await FalResponse.WriteAsync(context, FalError.Plain(400, FalMessages.StillInProgress));
            return;
        }

        var outputs = await PayloadDeletion.DeleteAsync(request, store, files);
        await FalResponse.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("cdn_delete_results");
            foreach (var output in outputs)
            {
                json.WriteStartObject();
                json.WriteString("link", $"{Caller.Of(context).Origin}/files/{output}");
                json.WriteNull("exception");
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }
}
