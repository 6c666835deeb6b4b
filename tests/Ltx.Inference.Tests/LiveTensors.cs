namespace Ltx.Inference.Tests;

/// <summary>Counts the process's tensors for tests that must leave none.</summary>
internal static class LiveTensors
{
    /// <summary>The number to start from: without what earlier tests left to the garbage collector, which would otherwise go in the middle of the count.</summary>
    public static long Before()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return TorchSharp.torch.Tensor.TotalCount;
    }
}
