using Ltx.Inference.VideoVae;

namespace Ltx.Inference.Planning;

/// <summary>What is where, and in what portions it is computed.</summary>
/// <param name="Float8">whether the matrices of the transformer's blocks are float8</param>
/// <param name="Text">where the text encoder is</param>
/// <param name="StreamedBlocks">how many of the transformer's blocks come from pinned host memory for every pass</param>
/// <param name="VaeElements">see <see cref="VideoVaeOptions.MaximumElements"/></param>
/// <param name="VaeTiling">tiles of the video VAE; null for whole frames, which is exact</param>
public sealed record MemoryArrangement(bool Float8, TextResidency Text, int StreamedBlocks, long VaeElements, VideoTiling? VaeTiling)
{
    /// <summary>Everything stays on the card.</summary>
    public static MemoryArrangement Resident { get; } = new(false, TextResidency.Stays, 0, VideoVaeOptions.Default.MaximumElements, null);
}
