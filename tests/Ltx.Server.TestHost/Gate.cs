namespace Ltx.Server.TestHost;

/// <summary>Where the fake engine waits until a test lets it go on: what a test wants to see while a request runs does not depend on time then.</summary>
internal sealed class Gate
{
    private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously), opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the engine stands before it.</summary>
    public Task Reached => reached.Task;

    public void Open() => opened.TrySetResult();

    public Task PassAsync(CancellationToken ct)
    {
        reached.TrySetResult();
        return opened.Task.WaitAsync(ct);
    }
}
