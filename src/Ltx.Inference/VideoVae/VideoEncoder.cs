using Ltx.Inference.Latents;
using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.VideoVae;

/// <summary>
/// The video VAE's encoder: frames to normalised latent. Causal in time, so a still image is a clip of one frame.
/// (ltx_core/model/video_vae/video_vae.py, 400fd31)
/// </summary>
public sealed class VideoEncoder : IDisposable
{
    private readonly ComponentWeights weights;
    private readonly ComponentWeights statisticsWeights;
    private readonly IVideoLayer[] layers;

    private VideoEncoder(Checkpoint checkpoint, Device device, ScalarType type, VideoVaeOptions options)
    {
        MaximumElements = options.MaximumElements;
        Config = VideoVaeConfig.Read(checkpoint.Config);
        weights = checkpoint.Component("vae.encoder.", device, type);
        statisticsWeights = checkpoint.Component("vae.", device, type);
        try
        {
            Statistics = new ChannelStatistics(statisticsWeights.Root["per_channel_statistics"], Config.LatentChannels);
            statisticsWeights.Complete("encoder.", "decoder.");
            WeightScope root = weights.Root;
            int channels = Config.EncoderBlocks is [.., { } last] ? last.OutChannels : Config.LatentChannels;
            layers =
            [
                new EncoderEntry(root, Config, options.ChannelsLast),
                .. VideoVaeBlocks.Build(root["down_blocks"], Config.EncoderBlocks, causal: true, options.ChannelsLast),
                new EncoderExit(root, Config, channels, Statistics, options.ChannelsLast),
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
    public static VideoEncoder Load(Checkpoint checkpoint, Device device, ScalarType type, VideoVaeOptions? options = null) =>
        new(checkpoint, device, type, options ?? VideoVaeOptions.Default);

    /// <summary>
    /// The means of the latent's distribution, normalised. Long or large clips are encoded piece by piece in time
    /// (<see cref="VideoVaeOptions.MaximumElements"/>), with the numbers of a clip encoded at once.
    /// </summary>
    /// <param name="video">
    /// [B, 3, F, H, W] in [-1, 1], F = Time * k + 1, H and W multiples of the scale; in any type and on any device: pieces are moved one by one
    /// </param>
    /// <returns>[B, C, f, h, w] in the component's type, on its device</returns>
    /// <exception cref="ArgumentException">The size does not fit the scale.</exception>
    public Tensor Encode(Tensor video)
    {
        Check(video);
        using FrameMemory memory = new();
        List<Tensor> parts = [];
        try
        {
            // A piece of any length would not do: where time is halved, frames pair up behind the first. So the pieces are cut here alone.
            foreach (ClipPiece piece in PieceByPiece.Through(layers, Pieces(video), memory, long.MaxValue)) parts.Add(piece.Frames);
            using var scope = NewDisposeScope();
            return (parts is [Tensor whole] ? whole.alias() : cat(parts, 2)).MoveToOuterDisposeScope();
        }
        finally
        {
            parts.ForEach(part => part.Dispose());
        }
    }

    /// <summary>
    /// The same by overlapping tiles that are blended in the latent, as the reference's pipelines encode. Differs from
    /// <see cref="Encode"/> where there is more than one tile, because a tile does not see beyond its edges; here for comparison.
    /// </summary>
    /// <param name="tiling">overlaps of at least 16 frames and 64 pixels, on the axes that are tiled</param>
    /// <exception cref="ArgumentException">The size does not fit the scale, or the tiling does not.</exception>
    public Tensor EncodeTiled(Tensor video, VideoTiling tiling)
    {
        Check(video);
        // ltx_core/model/video_vae/video_vae.py, prepare_tiles_for_encoding: less overlap leaves the padding's traces visible.
        tiling.RequireOverlap(frames: 16, pixels: 64);
        using var scope = NewDisposeScope();
        VideoTileGrid grid = new(tiling, Scale, Scale.LatentFrames((int)video.shape[2]), (int)video.shape[3] / Scale.Height, (int)video.shape[4] / Scale.Width);
        Tensor latent = zeros([video.shape[0], Config.LatentChannels, grid.Time.Cells, grid.Height.Cells, grid.Width.Cells], weights.Type, weights.Device);
        foreach (AxisTile t in grid.Time.Tiles)
        {
            foreach (AxisTile h in grid.Height.Tiles)
            {
                foreach (AxisTile w in grid.Width.Tiles)
                {
                    using var tileScope = NewDisposeScope();
                    Tensor tile = Encode(VideoTileGrid.PixelsOf(video, t, h, w));
                    VideoTileGrid.CellsOf(latent, t, h, w).add_(VideoTileGrid.Weighted(tile, t.CellMask, h.CellMask, w.CellMask));
                }
            }
        }
        return VideoTileGrid.Unweighted(latent, grid.Time.CellWeights, grid.Height.CellWeights, grid.Width.CellWeights).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        weights.Dispose();
        statisticsWeights.Dispose();
    }

    // Time * k + 1 frames first, then Time * k each.
    private IEnumerable<ClipPiece> Pieces(Tensor video)
    {
        // The activations are the largest where the squares of pixels have just become channels.
        long perFrame = video.shape[0] * layers[..2].Max(layer => layer.WorkingChannels) * (video.shape[3] / Config.PatchSize) * (video.shape[4] / Config.PatchSize);
        long frames = video.shape[2], step = Scale.Time * Math.Max(1, MaximumElements / (perFrame * Scale.Time));
        for (long start = 0; start < frames;)
        {
            long end = Math.Min(frames, start == 0 ? step + 1 : start + step);
            yield return new ClipPiece(Moved(video, start, end), end == frames);
            start = end;
        }
    }

    private Tensor Moved(Tensor video, long start, long end)
    {
        using var scope = NewDisposeScope();
        return video.narrow(2, start, end - start).to(weights.Device).to(weights.Type).DetachFromDisposeScope();
    }

    private void Check(Tensor video)
    {
        if (video.dim() != 5 || video.shape[1] != 3) throw new ArgumentException($"A video is [B, 3, F, H, W], not [{string.Join(", ", video.shape)}].", nameof(video));
        if (video.shape[2] < 1 || (video.shape[2] - 1) % Scale.Time != 0) throw new ArgumentException($"{video.shape[2]} frames are not {Scale.Time} * k + 1.", nameof(video));
        if (video.shape[3] % Scale.Height == 0 && video.shape[4] % Scale.Width == 0) return;
        throw new ArgumentException($"A frame of {video.shape[4]} x {video.shape[3]} pixels is not a multiple of {Scale.Width} x {Scale.Height}.", nameof(video));
    }
}
