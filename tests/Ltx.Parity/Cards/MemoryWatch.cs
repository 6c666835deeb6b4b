using Ltx.Inference.Native;
using TorchSharp;

namespace Ltx.Parity.Cards;

/// <summary>The most that was in use in each stage, above what was at the beginning: of a card's memory, or of libtorch's blocks on a CPU.</summary>
internal sealed class MemoryWatch : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    private readonly AllocationLog? log;
    private readonly Timer? timer;
    private readonly int device;
    private readonly long before;
    private readonly Dictionary<string, long> peaks = [];
    private readonly Lock gate = new();
    private string stage = "";

    /// <param name="before">bytes of the card that were in use before the process came to it; not used on a CPU</param>
    public MemoryWatch(torch.Device on, long before)
    {
        this.before = before;
        if (on.type != DeviceType.CUDA)
        {
            if (AllocationLog.IsPossible) log = new AllocationLog("");
            return;
        }
        device = Math.Max(0, on.index);
        timer = new Timer(_ => Look(), null, TimeSpan.Zero, Interval);
    }

    /// <summary>What comes next.</summary>
    public string Stage
    {
        set
        {
            Look();
            lock (gate) stage = value;
            if (log is not null) log.Stage = value;
        }
    }

    /// <summary>Bytes of a card in use; 0 for a CPU.</summary>
    public static long Used(torch.Device on) => on.type == DeviceType.CUDA && CudaMemory.Read(Math.Max(0, on.index)) is { } memory ? memory.Total - memory.Free : 0;

    public IReadOnlyDictionary<string, long> End()
    {
        Look();
        timer?.Dispose();
        return log?.End() ?? peaks;
    }

    public void Dispose()
    {
        timer?.Dispose();
        log?.Dispose();
    }

    private void Look()
    {
        if (timer is null) return;
        if (CudaMemory.Read(device) is not { } memory) return;
        long used = memory.Total - memory.Free - before;
        lock (gate)
        {
            if (used > peaks.GetValueOrDefault(stage)) peaks[stage] = used;
        }
    }
}
