namespace Ltx.Server.Queue;

/// <summary>What /health/ready asks about the workers.</summary>
internal sealed class ServerState(int workers)
{
    private readonly LoadStatus?[] _loading = new LoadStatus?[workers];
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _loaded;

    /// <summary>Completes once every worker has its model.</summary>
    public Task Ready => _ready.Task;

    public bool ModelLoaded => Volatile.Read(ref _loaded) >= workers;

    /// <summary>By worker, how far its model is; null before it has begun and once it is loaded.</summary>
    public IReadOnlyList<LoadStatus?> Loading => _loading;

    public void WorkerLoads(int worker, LoadStatus status) => Volatile.Write(ref _loading[worker], status);

    public void WorkerLoaded(int worker)
    {
        Volatile.Write(ref _loading[worker], null);
        if (Interlocked.Increment(ref _loaded) >= workers)
        {
            _ready.TrySetResult();
        }
    }
}
