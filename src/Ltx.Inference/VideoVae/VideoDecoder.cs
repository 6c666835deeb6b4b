using Ltx.Inference.Latents;
using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.VideoVae;

/// <summary>
/// The video VAE's decoder: normalised latent to frames. Not causal: a frame depends on frames before and after it.
/// (ltx_core/model/video_vae/conv_video_decoder.py, 400fd31)
/// </summary>
public sealed class VideoDecoder : IDisposable
{
    private readonly ComponentWeights weights;
    private readonly ComponentWeights statisticsWeights;
    private readonly IVideoLayer[] layers;

    private VideoDecoder(Checkpoint checkpoint, Device device, ScalarType type, VideoVaeOptions options)
    {
        MaximumElements = options.MaximumElements;
        Config = VideoVaeConfig.Read(checkpoint.Config);
        weights = checkpoint.Component("vae.decoder.", device, type);
        statisticsWeights = checkpoint.Component("vae.", device, type);
        try
        {
            Statistics = new ChannelStatistics(statisticsWeights.Root["per_channel_statistics"], Config.LatentChannels);
            statisticsWeights.Complete("encoder.", "decoder.");
            WeightScope root = weights.Root;
            layers =
            [
                new DecoderEntry(root, Config, Statistics, options.ChannelsLast),
                .. VideoVaeBlocks.Build(root["up_blocks"], Config.DecoderBlocks, causal: false, options.ChannelsLast),
                new DecoderExit(root, Config, options.ChannelsLast),
            ];
            weights.Complete();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public VideoVaeConfig Config { get; }

    /// <summary>See <see cref="VideoVaeOptions"/>; may change between clips.</summary>
    internal long MaximumElements { get; set; }

    /// <summary>Compression from pixels to latent cells.</summary>
    public VideoScale Scale => Config.Scale;

    /// <summary>What the latents are normalised with.</summary>
    public ChannelStatistics Statistics { get; }

    /// <param name="checkpoint">must stay open as long as this lives</param>
    /// <exception cref="WeightsException">The config asks for what is not built here, or a tensor is missing, misshapen or left over.</exception>
    public static VideoDecoder Load(Checkpoint checkpoint, Device device, ScalarType type, VideoVaeOptions? options = null) =>
        new(checkpoint, device, type, options ?? VideoVaeOptions.Default);

    /// <summary>The whole clip.</summary>
    /// <param name="latent">[B, C, f, h, w], normalised, in any type and on any device</param>
    /// <returns>[B, 3, F, H, W], about [-1, 1] and not clamped, in the latent's type, on the component's device</returns>
    /// <exception cref="ArgumentException">It is no latent of this VAE.</exception>
    public Tensor Decode(Tensor latent)
    {
        Check(latent);
        using var scope = NewDisposeScope();
        Tensor? video = null;
        int at = 0;
        foreach (Tensor frames in DecodePieces(latent))
        {
            using (frames)
            {
                int count = (int)frames.shape[2], all = Scale.Frames((int)latent.shape[2]);
                if (count == all) return frames.alias().MoveToOuterDisposeScope();
                video ??= frames.new_empty([frames.shape[0], frames.shape[1], all, frames.shape[3], frames.shape[4]]);
                video.narrow(2, at, count).copy_(frames);
                at += count;
            }
        }
        return video!.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The same in pieces of time, each as soon as it is finished, with memory for one piece of every layer
    /// (<see cref="VideoVaeOptions.MaximumElements"/>). Nothing is computed twice, and the numbers are those of <see cref="Decode"/>.
    /// </summary>
    /// <param name="latent">[B, C, f, h, w], normalised</param>
    /// <returns>[B, 3, some frames, H, W] in time order, in no dispose scope: the caller disposes each</returns>
    /// <exception cref="ArgumentException">It is no latent of this VAE.</exception>
    public IEnumerable<Tensor> DecodePieces(Tensor latent)
    {
        Check(latent);
        return Pieces(latent);
    }

    /// <summary>
    /// The clip by overlapping tiles in space and time, blended with ramps, exactly as the reference tiles. Chunks of time come out as
    /// soon as no later tile reaches into them. Differs from <see cref="Decode"/> where there is more than one tile, because a tile
    /// does not see beyond its edges.
    /// </summary>
    /// <param name="latent">[B, C, f, h, w], normalised</param>
    /// <param name="tiling">tile sizes and overlaps</param>
    /// <returns>[B, 3, some frames, H, W] in time order, in no dispose scope: the caller disposes each</returns>
    /// <exception cref="ArgumentException">It is no latent of this VAE, or the tiling does not fit its scale.</exception>
    public IEnumerable<Tensor> DecodeTiled(Tensor latent, VideoTiling tiling)
    {
        Check(latent);
        return Tiles(latent, new VideoTileGrid(tiling, Scale, (int)latent.shape[2], (int)latent.shape[3], (int)latent.shape[4]));
    }

    public void Dispose()
    {
        weights.Dispose();
        statisticsWeights.Dispose();
    }

    private IEnumerable<Tensor> Pieces(Tensor latent)
    {
        using FrameMemory memory = new();
        foreach (ClipPiece piece in PieceByPiece.Through(layers, [new ClipPiece(Moved(latent), IsLast: true)], memory, MaximumElements))
        {
            yield return InTypeOf(latent, piece.Frames);
        }
    }

    private IEnumerable<Tensor> Tiles(Tensor latent, VideoTileGrid grid)
    {
        // The end of the chunk before, which the next one reaches into: [B, 3, overlap, H, W], weighted sums.
        Tensor? carried = null;
        try
        {
            for (int i = 0; i < grid.Time.Tiles.Count; i++)
            {
                AxisTile time = grid.Time.Tiles[i];
                int end = i + 1 < grid.Time.Tiles.Count ? grid.Time.Tiles[i + 1].PixelStart : time.PixelEnd;
                (Tensor finished, Tensor? open) = Chunk(latent, grid, time, end - time.PixelStart, carried);
                carried?.Dispose();
                carried = open;
                yield return finished;
            }
        }
        finally
        {
            carried?.Dispose();
        }
    }

    // All tiles of one stretch of time on top of what was carried over: the finished frames, and those that the next stretch changes.
    private (Tensor Finished, Tensor? Open) Chunk(Tensor latent, VideoTileGrid grid, AxisTile time, int finishedFrames, Tensor? carried)
    {
        using var scope = NewDisposeScope();
        int frames = time.PixelEnd - time.PixelStart;
        Tensor sum = zeros([latent.shape[0], 3, frames, grid.Height.Pixels, grid.Width.Pixels], latent.dtype, weights.Device);
        if (carried is not null) sum.narrow(2, 0, carried.shape[2]).copy_(carried);
        foreach (AxisTile h in grid.Height.Tiles)
        {
            foreach (AxisTile w in grid.Width.Tiles)
            {
                using var tileScope = NewDisposeScope();
                Tensor tile = Decode(VideoTileGrid.CellsOf(latent, time, h, w));
                sum.narrow(3, h.PixelStart, h.PixelEnd - h.PixelStart).narrow(4, w.PixelStart, w.PixelEnd - w.PixelStart)
                    .add_(VideoTileGrid.Weighted(tile, time.PixelMask, h.PixelMask, w.PixelMask));
            }
        }
        float[] timeWeights = grid.Time.PixelWeights[time.PixelStart..(time.PixelStart + finishedFrames)];
        Tensor finished = VideoTileGrid.Unweighted(sum.narrow(2, 0, finishedFrames), timeWeights, grid.Height.PixelWeights, grid.Width.PixelWeights);
        Tensor? open = finishedFrames < frames ? sum.narrow(2, finishedFrames, frames - finishedFrames).clone().DetachFromDisposeScope() : null;
        return (finished.DetachFromDisposeScope(), open);
    }

    private Tensor Moved(Tensor latent)
    {
        using var scope = NewDisposeScope();
        return latent.to(weights.Device).to(weights.Type).alias().DetachFromDisposeScope();
    }

    private static Tensor InTypeOf(Tensor latent, Tensor frames)
    {
        if (frames.dtype == latent.dtype) return frames;
        using (frames)
        {
            return frames.to(latent.dtype).DetachFromDisposeScope();
        }
    }

    private void Check(Tensor latent)
    {
        if (latent.dim() == 5 && latent.shape[1] == Config.LatentChannels && latent.shape[2] > 0) return;
        throw new ArgumentException($"A latent is [B, {Config.LatentChannels}, f, h, w], not [{string.Join(", ", latent.shape)}].", nameof(latent));
    }
}
