namespace Ltx.Server.TestHost;

/// <summary>Where the fake engine waits until a test lets it go on: what a test wants to see while a request runs does not depend on time then.</summary>
internal sealed class Gate
{
    private readonly TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Open() => opened.TrySetResult();

    public Task PassAsync(CancellationToken ct) => opened.Task.WaitAsync(ct);
}
