using Ltx.Server.Fal;
using Ltx.Server.Fetch;

namespace Ltx.Server.Queue;

/// <summary>A request's input as it was read, and its files on the local disk: video, mask, then the LoRAs in their order.</summary>
internal sealed class FetchedInputs(InpaintInput input, IReadOnlyList<FetchedFile> files) : IAsyncDisposable
{
    public InpaintInput Input => input;

    public FetchedFile Video => files[0];

    public FetchedFile Mask => files[1];

    public IReadOnlyList<FetchedFile> Loras { get; } = [.. files.Skip(2)];

    public async ValueTask DisposeAsync()
    {
        foreach (var file in files)
        {
            await file.DisposeAsync();
        }
    }
}
