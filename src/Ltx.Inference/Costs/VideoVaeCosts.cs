using Ltx.Inference.Latents;
using Ltx.Inference.VideoVae;

namespace Ltx.Inference.Costs;

/// <summary>
/// What the video VAE holds beside its weights and its input, and what it computes: PieceByPiece and the layers of VideoVae/, walked through with
/// sizes. Each class inside (VideoVaeLayerCosts.cs) stands for the one of its name there and has to follow it; a test holds the two together.
/// </summary>
internal sealed partial class VideoVaeCosts
{
    private readonly VideoVaeConfig config;
    private readonly CostBasis basis;
    private readonly MemoryLedger ledger = new();
    private readonly OperationCount operations = new();

    private VideoVaeCosts(VideoVaeConfig config, CostBasis basis) => (this.config, this.basis) = (config, basis);

    /// <summary>The worst moment.</summary>
    public MemoryLedger Memory => ledger;

    public Operations Operations => operations.Sum;

    /// <summary>VideoDecoder.DecodePieces on a latent of this size, the piece included that is handed out.</summary>
    /// <param name="maximumElements">see <see cref="VideoVaeOptions"/>; of no matter for the operations</param>
    /// <param name="handedOut">told of every piece's frames while nothing but the decoder's own memory is held; may be null</param>
    public static VideoVaeCosts Decode(VideoVaeConfig config, LatentShape latent, CostBasis basis, long maximumElements = long.MaxValue, Action<MemoryLedger, long>? handedOut = null)
    {
        VideoVaeCosts walk = new(config, basis);
        List<ILayer> layers = [new DecoderEntry(walk), .. config.DecoderBlocks.Select(walk.Build), new DecoderExit(walk)];
        IEnumerable<Piece> pieces = [walk.Start(config.LatentChannels, latent.Frames, latent.Height, latent.Width)];
        foreach (Piece piece in layers.Aggregate(pieces, (clip, layer) => walk.Through(layer, clip, maximumElements)))
        {
            handedOut?.Invoke(walk.ledger, piece.Frames);
            walk.ledger.Drop(piece.Held);
        }
        return walk;
    }

    /// <summary>VideoEncoder.Encode on a clip of this size, the clip itself aside.</summary>
    /// <param name="maximumElements">see <see cref="VideoVaeOptions"/>; of no matter for the operations</param>
    public static VideoVaeCosts Encode(VideoVaeConfig config, PixelShape clip, CostBasis basis, long maximumElements = long.MaxValue)
    {
        VideoVaeCosts walk = new(config, basis);
        List<ILayer> layers = [new EncoderEntry(walk), .. config.EncoderBlocks.Select(walk.BuildCausal), new EncoderExit(walk)];
        // The parts are joined at the end, and are small.
        foreach (Piece _ in layers.Aggregate(walk.EncoderPieces(layers, clip, maximumElements), (pieces, layer) => walk.Through(layer, pieces, long.MaxValue)))
        {
        }
        return walk;
    }

    private Piece Start(long channels, long frames, long height, long width) => new(channels, frames, height, width, IsLast: true, ledger.TakeFree(0));

    // VideoEncoder.Pieces: views into the clip.
    private IEnumerable<Piece> EncoderPieces(List<ILayer> layers, PixelShape clip, long maximumElements)
    {
        long perFrame = layers[..2].Max(layer => layer.WorkingChannels) * (clip.Height / config.PatchSize) * (clip.Width / config.PatchSize);
        long step = config.Scale.Time * Math.Max(1, maximumElements / (perFrame * config.Scale.Time));
        for (long start = 0; start < clip.Frames;)
        {
            long end = Math.Min(clip.Frames, start == 0 ? step + 1 : start + step);
            yield return new Piece(3, end - start, clip.Height, clip.Width, end == clip.Frames, ledger.TakeFree(0));
            start = end;
        }
    }

    private IEnumerable<Piece> Through(ILayer layer, IEnumerable<Piece> pieces, long maximumElements)
    {
        foreach (Piece whole in pieces)
        {
            long most = Math.Max(1, maximumElements / Math.Max(1, layer.WorkingChannels * whole.Height * whole.Width)), start = 0;
            do
            {
                long count = Math.Min(most, whole.Frames - start);
                bool isLast = whole.IsLast && start + count == whole.Frames;
                Piece result = layer.Forward(whole with { Frames = count, IsLast = isLast });
                ledger.Detach(result.Held);
                start += count;
                if (result.Frames > 0 || isLast) yield return result;
                else ledger.Drop(result.Held);
            }
            while (start < whole.Frames);
            ledger.Drop(whole.Held);
        }
    }

    private ILayer Build(VideoVaeBlock block) => Build(block, causal: false);

    private ILayer BuildCausal(VideoVaeBlock block) => Build(block, causal: true);

    private ILayer Build(VideoVaeBlock block, bool causal) => block.Kind switch
    {
        VideoVaeBlockKind.Residual => new ResidualBlocks(this, block, causal),
        VideoVaeBlockKind.StridedConv => new StridedConvBlock(this, block),
        VideoVaeBlockKind.SpaceToDepth => new SpaceToDepthBlock(this, block),
        _ => new DepthToSpaceBlock(this, block),
    };

    private double Bytes(long channels, long frames, long height, long width) => (double)channels * frames * height * width * basis.Element;

    private Piece Take(long channels, long frames, long height, long width, bool isLast) => new(channels, frames, height, width, isLast, ledger.Take(Bytes(channels, frames, height, width)));

    private readonly record struct Piece(long Channels, long Frames, long Height, long Width, bool IsLast, MemoryLedger.Entry Held);
}
