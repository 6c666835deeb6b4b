using Ltx.Server.Files;

namespace Ltx.Server.Queue;

/// <summary>Deletes what a completed request carried: input, result and output files. Its row, times and logs stay.</summary>
internal static class PayloadDeletion
{
    /// <summary>The ids of the files that are gone.</summary>
    public static async Task<IReadOnlyList<string>> DeleteAsync(StoredRequest request, RequestStore store, FileStore files)
    {
        var outputs = files.OutputsOf(request.Id);
        await store.DeletePayloadsAsync(request.Id);
        foreach (var output in outputs)
        {
            await files.DeleteAsync(output);
        }

        return outputs;
    }
}
