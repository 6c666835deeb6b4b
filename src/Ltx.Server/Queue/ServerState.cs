namespace Ltx.Server.Queue;

/// <summary>What /health/ready asks about the workers.</summary>
internal sealed class ServerState(int workers)
{
    private int _loaded;

    public bool ModelLoaded => Volatile.Read(ref _loaded) >= workers;

    public void WorkerLoaded() => Interlocked.Increment(ref _loaded);
}
