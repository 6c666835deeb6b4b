using System.Runtime.InteropServices;

namespace Ltx.Parity.Cards;

/// <summary>
/// Watches what the C library's heap has given out, which is where libtorch's CPU tensors lie, from a thread of its own. It can miss a moment
/// and see too little; it never sees too much.
/// </summary>
internal sealed partial class HeapPeak : IDisposable
{
    private readonly Thread watcher;
    private readonly Dictionary<string, long> peaks = [];
    private readonly long before;
    private volatile string stage;
    private volatile bool ended;

    public HeapPeak(string stage)
    {
        this.stage = stage;
        before = Live();
        watcher = new Thread(Watch) { IsBackground = true };
        watcher.Start();
    }

    public static bool IsPossible => OperatingSystem.IsLinux();

    /// <summary>What comes next.</summary>
    public string Stage
    {
        set => stage = value;
    }

    /// <summary>Bytes above those at the beginning, at the worst moment of each stage.</summary>
    public IReadOnlyDictionary<string, long> End()
    {
        ended = true;
        watcher.Join();
        return peaks;
    }

    public void Dispose() => End();

    private void Watch()
    {
        while (!ended)
        {
            string now = stage;
            long live = Live() - before;
            // Interrupted in between, it may have looked at another stage's.
            if (now != stage) continue;
            if (!peaks.TryGetValue(now, out long peak) || live > peak) peaks[now] = live;
            Thread.Yield();
        }
    }

    // Blocks in the arenas, and those that are mapped by themselves because they are large.
    private static long Live()
    {
        HeapFacts facts = Read();
        return (long)(facts.InUse + facts.Mapped);
    }

    [LibraryImport("libc", EntryPoint = "mallinfo2")]
    private static partial HeapFacts Read();

    // struct mallinfo2 of glibc's malloc.h
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct HeapFacts
    {
        private readonly nuint arena, ordinaryBlocks, fastBlocks, mappedBlocks;
        public readonly nuint Mapped;
        private readonly nuint unused, freeFastBytes;
        public readonly nuint InUse;
        private readonly nuint free, releasable;
    }
}
