namespace Ltx.Inference.Weights;

/// <summary>Copies from mapped files: large ones on several processors, which one alone would keep below the rate of disk and bus.</summary>
internal static unsafe class HostCopies
{
    // Below this a copy is not worth sharing between processors.
    private const long ShareBytes = 4L << 20;
    private static readonly ParallelOptions Sharing = new() { MaxDegreeOfParallelism = Math.Clamp(Environment.ProcessorCount / 2, 1, 8) };

    internal static void Copy(nint from, nint into, long bytes)
    {
        if (bytes <= ShareBytes)
        {
            Buffer.MemoryCopy((void*)from, (void*)into, bytes, bytes);
            return;
        }
        int parts = (int)((bytes + ShareBytes - 1) / ShareBytes);
        Parallel.For(0, parts, Sharing, part =>
        {
            long at = part * ShareBytes, length = Math.Min(ShareBytes, bytes - at);
            Buffer.MemoryCopy((void*)(from + (nint)at), (void*)(into + (nint)at), length, length);
        });
    }
}
