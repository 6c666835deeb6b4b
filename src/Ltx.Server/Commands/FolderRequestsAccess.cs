using System.Text.Json;
using Ltx.Server.Configuration;
using Ltx.Server.Endpoints;
using Ltx.Server.Fal;
using Ltx.Server.Files;
using Ltx.Server.Queue;
using Ltx.Server.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ltx.Server.Commands;

/// <summary>Works on the data folder itself while no server has it.</summary>
internal sealed class FolderRequestsAccess : IRequestsAccess
{
    private readonly DataFolder _folder;
    private readonly Database _database;
    private readonly RequestStore _store;
    private readonly FileStore _files;

    public FolderRequestsAccess(DataFolder folder)
    {
        _folder = folder;
        _database = new Database(folder.DatabaseFile);
        _store = new RequestStore(_database, folder, NullLogger<RequestStore>.Instance);
        _files = new FileStore(new LtxOptions(), folder, _database, TimeProvider.System, NullLogger<FileStore>.Instance);
    }

    public Task<IReadOnlyList<JsonElement>> ListAsync(int limit, string? status, string? prefix, CancellationToken ct)
    {
        RequestState? state = status?.ToUpperInvariant() switch { "IN_QUEUE" => RequestState.Queued, "IN_PROGRESS" => RequestState.Running, "COMPLETED" => RequestState.Completed, _ => null };
        return Task.FromResult<IReadOnlyList<JsonElement>>(
        [
            .. _store.Page(null, long.MaxValue, limit, state, prefix)
                .Select(request => Json(json => RequestListing.Write(json, request, _store.ListedInput(request.Id), withOwner: true, logs: null))),
        ]);
    }

    public Task<JsonElement> ShowAsync(string id, CancellationToken ct)
    {
        var request = Find(id);
        return Task.FromResult(Json(json => RequestListing.Write(json, request, _store.ListedInput(id), withOwner: true, _store.Logs(id))));
    }

    public async Task<string> CancelAsync(string id, CancellationToken ct)
    {
        if (Find(id).State == RequestState.Completed)
        {
            throw new RequestsAccessException("The request has ended before.");
        }

        await _store.CompleteAsync(id, RequestOutcome.Failure(FalError.Cancelled()), DateTimeOffset.UtcNow);
        return "cancelled";
    }

    public async Task<string> DeleteAsync(string id, CancellationToken ct)
    {
        var request = Find(id);
        if (request.State != RequestState.Completed)
        {
            throw new RequestsAccessException("The request has not ended; cancel it first.");
        }

        await PayloadDeletion.DeleteAsync(request, _store, _files);
        return "deleted";
    }

    public void Dispose()
    {
        _database.Dispose();
        _folder.Dispose();
    }

    private StoredRequest Find(string id) => _store.Find(id) ?? throw new RequestsAccessException($"There is no request {id}.");

    private static JsonElement Json(Action<Utf8JsonWriter> write) => JsonDocument.Parse(FalJson.Bytes(write)).RootElement;
}
