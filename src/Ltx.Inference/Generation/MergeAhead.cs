namespace Ltx.Inference.Generation;

/// <summary>LoRAs that are merged on a thread of their own while the run does what needs no transformer.</summary>
internal sealed class MergeAhead : IDisposable
{
    private readonly Task merging;

    /// <param name="merge">merges them; nothing else may read or change the transformer's weights until it has ended</param>
    public MergeAhead(Action merge) =>
        merging = Task.Factory.StartNew(merge, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Returns when they are merged.</summary>
    /// <exception cref="InferenceException">They cannot be.</exception>
    public void Wait() => merging.GetAwaiter().GetResult();

    /// <summary>Returns when it has ended, however that was: whoever did not wait for it has failed of something else.</summary>
    public void Dispose() => merging.ContinueWith(ended => ended.Exception, TaskScheduler.Default).Wait();
}
