namespace Ltx.Inference.Planning;

/// <summary>A size of card that plans are made for.</summary>
/// <param name="Name">as people call it</param>
/// <param name="Available">bytes for models and work</param>
public sealed record CardMemory(string Name, long Available)
{
    // What a process holds on a card before its first tensor: the CUDA context, and the kernels of libtorch, cuBLAS and cuDNN, which are loaded
    // when they are first needed. 0.4 to 0.6 GiB are usual with CUDA 12 and 13; tests/gpu prints what it is.
    private const long Context = 600L << 20;

    /// <summary>
    /// The smallest card of each size, in MiB as nvidia-smi counts its memory: H100 80GB, L40S (with error correction), L4 (the same), RTX 4080.
    /// </summary>
    public static IReadOnlyList<CardMemory> Usual { get; } = [Of("80 GB", 81559), Of("48 GB", 46068), Of("24 GB", 23034), Of("16 GB", 16376)];

    private static CardMemory Of(string name, long mebibytes) => new(name, (mebibytes << 20) - Context);
}
