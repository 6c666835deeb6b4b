using System.Globalization;
using Ltx.Inference.Native;
using TorchSharp;

namespace Ltx.Inference.Measuring;

/// <summary>
/// The most memory that was in use: on the host as the kernel counts it (pages of mapped files included, which it can take back), on a CUDA
/// device by looking often. libtorch keeps what it once took, so that a look cannot miss much.
/// </summary>
public sealed class PeakMemory : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private readonly Timer? timer;
    private readonly int device;
    private long most;

    public PeakMemory(torch.Device device)
    {
        if (device.type != DeviceType.CUDA) return;
        this.device = Math.Max(0, device.index);
        timer = new Timer(_ => Look(), null, TimeSpan.Zero, Interval);
    }

    /// <summary>Bytes of the whole device, other programs included; null where there is none, or it does not answer.</summary>
    public long? Device
    {
        get
        {
            if (timer is null) return null;
            Look();
            long seen = Interlocked.Read(ref most);
            return seen == 0 ? null : seen;
        }
    }

    /// <summary>Bytes of this process since it began; null where the system does not say.</summary>
    public static long? Host()
    {
        const string Status = "/proc/self/status", Key = "VmHWM:";
        if (!File.Exists(Status)) return null;
        string? line = File.ReadLines(Status).FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal));
        return line is null ? null : long.Parse(line[Key.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;
    }

    public void Dispose() => timer?.Dispose();

    private void Look()
    {
        if (CudaMemory.Read(device) is not { } memory) return;
        long used = memory.Total - memory.Free;
        for (long known = Interlocked.Read(ref most); used > known; known = Interlocked.Read(ref most))
        {
            if (Interlocked.CompareExchange(ref most, used, known) == known) return;
        }
    }
}
