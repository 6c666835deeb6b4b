using static TorchSharp.torch;

namespace Ltx.Inference.VideoVae;

/// <summary>
/// What the layers keep between the pieces of one clip, so that a clip cut into pieces gives the same numbers as the whole: the
/// last frames that a convolution has seen, the frames of a skip that wait for their partner, and who has begun.
/// </summary>
internal sealed class FrameMemory : IDisposable
{
    private readonly Dictionary<object, Tensor> kept = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<object> begun = new(ReferenceEqualityComparer.Instance);

    /// <summary>True at the first call for a layer in a clip.</summary>
    public bool Begin(object layer) => begun.Add(layer);

    /// <summary>What the layer has kept, still belonging to this memory, or null before it has kept anything.</summary>
    public Tensor? Recall(object layer) => kept.GetValueOrDefault(layer);

    /// <summary>Keeps a copy of frames for the layer's next piece, in place of what it has kept before.</summary>
    /// <param name="frames">[B, C, F, H, W]</param>
    public void Keep(object layer, Tensor frames)
    {
        // A copy: a view would hold on to all of the piece that it is the end of.
        Tensor copy = frames.clone().DetachFromDisposeScope();
        Forget(layer);
        kept.Add(layer, copy);
    }

    public void Forget(object layer)
    {
        if (kept.Remove(layer, out Tensor? old)) old.Dispose();
    }

    /// <summary>
    /// Frames of a skip connection in step with a branch that lags: the next <paramref name="count"/> frames of all that was given;
    /// the rest is kept.
    /// </summary>
    /// <param name="layer">whose skip it is</param>
    /// <param name="x">[B, C, F, H, W]: the new frames</param>
    /// <param name="count">frames that the branch has given</param>
    /// <returns>[B, C, count, H, W], in the caller's scope</returns>
    public Tensor InStep(object layer, Tensor x, long count)
    {
        Tensor all = Recall(layer) is { } waiting ? cat([waiting, x], 2) : x;
        long rest = all.shape[2] - count;
        if (rest == 0) Forget(layer);
        else Keep(layer, all.narrow(2, count, rest));
        return rest == 0 ? all : all.narrow(2, 0, count);
    }

    public void Dispose()
    {
        foreach (Tensor tensor in kept.Values) tensor.Dispose();
        kept.Clear();
    }
}
