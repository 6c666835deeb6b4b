using Ltx.Inference.Weights;

namespace Ltx.Inference.VideoVae;

/// <summary>Builds the blocks that a config lists.</summary>
internal static class VideoVaeBlocks
{
    /// <param name="scope">where the list of blocks is</param>
    /// <param name="causal">true in the encoder</param>
    public static IEnumerable<IVideoLayer> Build(WeightScope scope, IReadOnlyList<VideoVaeBlock> blocks, bool causal, bool channelsLast) =>
        blocks.Select((block, i) => (IVideoLayer)(block.Kind switch
        {
            VideoVaeBlockKind.Residual => new ResidualBlocks(scope[i], block, causal, channelsLast),
            VideoVaeBlockKind.StridedConv => new StridedConvBlock(scope[i], block, channelsLast),
            VideoVaeBlockKind.SpaceToDepth => new SpaceToDepthBlock(scope[i], block, channelsLast),
            _ => new DepthToSpaceBlock(scope[i], block, channelsLast),
        }));
}
