using Ltx.Server.Fal;
using Ltx.Server.Fetch;

namespace Ltx.Server.Queue;

/// <summary>A request's input as it was read, and its files on the local disk, in the order in which it names them.</summary>
internal sealed class FetchedInputs(JobInput input, IReadOnlyList<FetchedFile> files) : IAsyncDisposable
{
    public JobInput Input => input;

    public IReadOnlyList<FetchedFile> Files => files;

    public IReadOnlyList<FetchedFile> Of(FetchKind kind) =>
        [.. input.Files.Zip(files).Where(file => file.First.Kind == kind).Select(file => file.Second)];

    public async ValueTask DisposeAsync()
    {
        foreach (var file in files)
        {
            await file.DisposeAsync();
        }
    }
}
