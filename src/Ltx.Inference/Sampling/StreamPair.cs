using static TorchSharp.torch;

namespace Ltx.Inference.Sampling;

/// <summary>One tensor of each stream.</summary>
public readonly record struct StreamPair(Tensor Video, Tensor Audio)
{
    /// <summary>Does the same to both, video first: the order in which noise is drawn.</summary>
    internal StreamPair Map(Func<Tensor, Tensor> map) => new(map(Video), map(Audio));

    internal StreamPair MoveToOuterDisposeScope() => Map(tensor => tensor.MoveToOuterDisposeScope());

    internal void Dispose()
    {
        Video.Dispose();
        Audio.Dispose();
    }
}
