using Ltx.Server.Files;

namespace Ltx.Server.Queue;

/// <summary>Deletes what a completed request carried: input, result and output file. Its row, times and logs stay.</summary>
internal static class PayloadDeletion
{
    public static async Task DeleteAsync(StoredRequest request, RequestStore store, FileStore files)
    {
        await store.DeletePayloadsAsync(request.Id);
        if (request.OutputId is { } output)
        {
            await files.DeleteAsync(output);
        }
    }
}
