using Ltx.Inference.Latents;
using Ltx.Inference.VideoVae;

namespace Ltx.Inference.Generation.Memory;

/// <summary>What the clip itself takes: its frames and masks while they are prepared and encoded, and while frames are put together.</summary>
/// <param name="model">configs</param>
/// <param name="clip">the request</param>
/// <param name="shape">its padded size</param>
/// <param name="element">bytes of a number</param>
internal sealed class ClipMemory(ModelFacts model, RequestShape clip, PixelShape shape, int element, DeviceMemoryTraits device)
{
    private const int Rgb = 3;

    // Bytes of a pixel in planes with halved chroma: what a request's frames are, but for callers that give RGB.
    private const double Planes = 1.5;

    /// <summary>Source bytes and float32 mask, which stay for the whole run.</summary>
    public double Kept => (double)clip.Frames * clip.Height * clip.Width * (Planes + ElementBytes.Float32);

    /// <summary>Encoding the source: InpaintPipeline.EncodeClip and EncodedClip.Encode.</summary>
    public MemoryLedger Encode(long maximumElements, VideoTiling? tiling)
    {
        MemoryLedger ledger = new();
        // The source as RGB, until it is encoded; and one run of frames on the way to it, counted in FrameLayout.ToRgb and YuvConversion.ToRgb.
        ledger.Take((double)clip.Frames * clip.Height * clip.Width * Rgb);
        const double Conversion = 22;
        ledger.Work(ClipTensors.FramesAtOnce(clip.Height, clip.Width) * (double)clip.Height * clip.Width * Conversion * ElementBytes.Float32);
        double pixels = (double)shape.Frames * shape.Height * shape.Width, chunk = ClipTensors.FramesAtOnce(shape.Height, shape.Width) * (double)shape.Height * shape.Width;
        // Padded copies of mask and frames, where there is something to pad, and the widened mask.
        bool isPadded = shape != new PixelShape(clip.Frames, clip.Height, clip.Width);
        if (isPadded) ledger.Take(pixels * ElementBytes.Float32);
        ledger.Take(pixels * ElementBytes.Float32);
        // Rows, their columns, and on CUDA the place of every maximum.
        ledger.Work(chunk * (2 * ElementBytes.Float32 + (device.IsCuda ? ElementBytes.Int64 : 0)));
        if (isPadded) ledger.Take(pixels * Rgb);
        ledger.Take(pixels * Rgb * element);
        // Three steps from bytes to numbers.
        ledger.Work(chunk * Rgb * 3 * ElementBytes.Float32);
        const int Quarter = 4;
        ledger.Take(pixels / Quarter * Rgb * element);
        ledger.Take(pixels / Quarter * ElementBytes.Float32);
        ledger.Work(Walk(shape.Height / 2, shape.Width / 2, maximumElements, tiling));
        ledger.Work(Walk(shape.Height, shape.Width, maximumElements, tiling));
        // The guide beside the clip that it is painted over; where the second stage sees it too, at full size.
        double guide = clip.ReferenceInStage2 ? 1 : 1.0 / Quarter;
        ledger.Take(pixels * guide * Rgb * element);
        int side = clip.ReferenceInStage2 ? 1 : 2;
        ledger.Work(Walk(shape.Height / side, shape.Width / side, maximumElements, tiling));
        return ledger;
    }

    /// <summary>Decoding and putting together: VideoDecoder.DecodePieces or DecodeTiled, and InpaintPipeline.Write.</summary>
    public MemoryLedger Decode(LatentShape latent, long maximumElements, VideoTiling? tiling)
    {
        if (tiling is null)
        {
            return VideoVaeMemory.Decode(
                model.Vae, latent.Frames, latent.Height, latent.Width, maximumElements, element, device, (ledger, frames) => ledger.Work(Composite(frames)));
        }
        // VideoDecoder.Chunk: the sum, what is carried over and the finished frames, each a tile's length of whole frames; and the tile with
        // its three weightings in float32.
        VideoScale scale = model.Vae.Scale;
        (int tileFrames, int tileHeight, int tileWidth) = Tile(tiling);
        MemoryLedger ledger = new();
        ledger.Take(3.0 * tileFrames * shape.Height * shape.Width * Rgb * element);
        double tile = (double)tileFrames * tileHeight * tileWidth * Rgb;
        MemoryLedger decoding = VideoVaeMemory.Decode(model.Vae, scale.LatentFrames(tileFrames), tileHeight / scale.Height, tileWidth / scale.Width, maximumElements, element, device);
        ledger.Work(Math.Max(decoding.Peak, tile * element + tile * ElementBytes.Float32));
        ledger.Work(Composite(tileFrames));
        return ledger;
    }

    // The float32 tensors of SeamBlend at its worst moment, for one run of frames.
    private double Composite(long frames)
    {
        long at = Math.Min(frames, ClipTensors.FramesAtOnce(clip.Height, clip.Width));
        // Counted in SeamBlend, in tensors of one channel, where all of the frame is near the mask: 9 in Put (the frames as numbers in two steps,
        // and both in planes), 12 in Blend of luma, and in its InBands 3 for each of up to four bands, and 4.
        const double Tensors = 9 + 12 + 4 * 3 + 4;
        return (double)at * clip.Height * clip.Width * ElementBytes.Float32 * Tensors;
    }

    private double Walk(int height, int width, long maximumElements, VideoTiling? tiling)
    {
        (int frames, int tileHeight, int tileWidth) = tiling is null ? (shape.Frames, height, width) : Tile(tiling);
        return VideoVaeMemory.Encode(model.Vae, Math.Min(frames, shape.Frames), Math.Min(tileHeight, height), Math.Min(tileWidth, width), maximumElements, element, device).Peak;
    }

    // The largest tile: in time, one latent cell longer than its size (AxisTiles.OfTime).
    private (int Frames, int Height, int Width) Tile(VideoTiling tiling) =>
        (Math.Min(shape.Frames, tiling.Frames.Size + 1), Math.Min(shape.Height, tiling.Height.Size), Math.Min(shape.Width, tiling.Width.Size));
}
