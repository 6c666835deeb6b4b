using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.VideoVae;

/// <summary>Runs clips through layers piece by piece, lazily: a layer computes when the next one asks.</summary>
internal static class PieceByPiece
{
    /// <summary>
    /// All layers, one behind the other. Every layer cuts what it is given so that no activation has more than
    /// <paramref name="maximumElements"/> numbers, but for single frames.
    /// </summary>
    /// <param name="pieces">the clip, in time order</param>
    /// <param name="memory">a new one for every clip; must live until the enumeration ends</param>
    /// <returns>finished pieces in time order; none is empty, but perhaps the last</returns>
    public static IEnumerable<ClipPiece> Through(IEnumerable<IVideoLayer> layers, IEnumerable<ClipPiece> pieces, FrameMemory memory, long maximumElements) =>
        layers.Aggregate(pieces, (clip, layer) => Through(layer, clip, memory, maximumElements));

    // No dispose scope may be open across a yield: scopes are a stack, and the caller's own would close in between.
    private static IEnumerable<ClipPiece> Through(IVideoLayer layer, IEnumerable<ClipPiece> pieces, FrameMemory memory, long maximumElements)
    {
        foreach (ClipPiece piece in pieces)
        {
            using Tensor whole = piece.Frames;
            long frames = whole.shape[2];
            long most = Math.Max(1, maximumElements / (whole.shape[0] * layer.WorkingChannels * whole.shape[3] * whole.shape[4]));
            long start = 0;
            do
            {
                long count = Math.Min(most, frames - start);
                bool isLast = piece.IsLast && start + count == frames;
                Tensor result = Forward(layer, whole, start, count, new ClipPosition(memory, isLast));
                start += count;
                if (result.shape[2] > 0 || isLast) yield return new ClipPiece(result, isLast);
                else result.Dispose();
            }
            while (start < frames);
        }
    }

    private static Tensor Forward(IVideoLayer layer, Tensor whole, long start, long count, ClipPosition at)
    {
        using var scope = NewDisposeScope();
        return layer.Forward(start == 0 && count == whole.shape[2] ? whole : whole.narrow(2, start, count), at).DetachFromDisposeScope();
    }
}
