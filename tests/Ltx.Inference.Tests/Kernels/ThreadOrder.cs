namespace Ltx.Inference.Tests.Kernels;

/// <summary>In which order a block's threads get to run until they wait for each other. Numbers as in cpu.h.</summary>
internal enum ThreadOrder
{
    Forwards,
    Backwards,
    Shuffled,
}
