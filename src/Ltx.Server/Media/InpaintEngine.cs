using System.Collections.Concurrent;
using Ltx.Inference.Generation;
using TorchSharp;

namespace Ltx.Server.Media;

/// <summary>
/// A model and the one thread that it lives on: it is loaded there, every clip runs there, and it is dropped there. The C library keeps an
/// arena of memory, and OpenMP a team of threads, for every thread that ever computed: with a thread a clip, a process that had run
/// sixteen small ones held gigabytes.
/// </summary>
internal sealed class InpaintEngine : IDisposable
{
    // A run that does not end (nobody cancelled it, or one evaluation takes longer) is left to the end of the process.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static int alive;

    private readonly BlockingCollection<Action> work = [];
    private readonly Thread thread;
    private InpaintPipeline? pipeline;
    private bool isDisposed;

    private InpaintEngine()
    {
        Interlocked.Increment(ref alive);
        thread = new Thread(Work) { IsBackground = true, Name = "ltx engine" };
        thread.Start();
    }

    /// <summary>Whether an engine's thread still runs, though it may have been disposed of: its process must not tear libtorch down under it.</summary>
    public static bool AreAnyLeft => Volatile.Read(ref alive) > 0;

    /// <summary>Where it computes.</summary>
    public torch.Device Device => pipeline!.Device;

    /// <summary>Samples a second that a request's source sound must have.</summary>
    public int SourceSoundRate => pipeline!.SourceSoundRate;

    /// <summary>Whether the model is told what the source sounds like.</summary>
    public bool ListensToSource => pipeline!.ListensToSource;

    /// <summary>Whether a request's source sound is what the result will have.</summary>
    public bool KeepsSound(InpaintRequest request) => pipeline!.KeepsSound(request);

    /// <summary>Loads a model on a thread of its own.</summary>
    /// <param name="load">loads it; what it throws is thrown here</param>
    public static async Task<InpaintEngine> OpenAsync(Func<InpaintPipeline> load)
    {
        InpaintEngine engine = new();
        try
        {
            await engine.RunAsync(() => engine.pipeline = load());
            return engine;
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    /// <summary>Runs something with the model, after what was asked for before.</summary>
    public Task<T> RunAsync<T>(Func<InpaintPipeline, T> body) => RunAsync(() => body(pipeline!));

    /// <summary>Any number of times: who is known under two names is disposed of under both.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref isDisposed, true)) return;
        work.Add(() => pipeline?.Dispose());
        work.CompleteAdding();
        if (thread.Join(Patience)) work.Dispose();
    }

    private Task<T> RunAsync<T>(Func<T> body)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        work.Add(() =>
        {
            try
            {
                done.SetResult(body());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }

    private void Work()
    {
        foreach (Action action in work.GetConsumingEnumerable()) action();
        Interlocked.Decrement(ref alive);
    }
}
