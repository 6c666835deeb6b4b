namespace Ltx.Server.Queue;

/// <summary>The inputs of one waiting request, here or on their way.</summary>
/// <param name="worker">which worker is going to take the request, as things stand</param>
internal sealed class AheadFetch(LiveRequest request, int worker) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task<FetchedInputs?> _inputs = Task.FromResult<FetchedInputs?>(null);

    public LiveRequest Request => request;

    public int Worker => worker;

    /// <summary>Whether there is nothing more to wait for.</summary>
    public bool IsDone => _inputs.IsCompleted;

    /// <param name="fetch">gives null where the inputs cannot be had, and never throws</param>
    public void Begin(Func<CancellationToken, Task<FetchedInputs?>> fetch) => _inputs = Task.Run(() => fetch(_stop.Token));

    /// <summary>The inputs, which belong to the caller from then on; null where they could not be had. Nothing is left behind when it is cancelled.</summary>
    public async Task<FetchedInputs?> HandOverAsync(CancellationToken ct)
    {
        FetchedInputs? inputs;
        await using (ct.Register(_stop.Cancel))
        {
            inputs = await _inputs;
        }

        // Nobody cancels it from here on.
        _stop.Dispose();
        return inputs;
    }

    /// <summary>Stops fetching, and gives back what is here.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (await _inputs is { } inputs)
        {
            await inputs.DisposeAsync();
        }

        _stop.Dispose();
    }
}
