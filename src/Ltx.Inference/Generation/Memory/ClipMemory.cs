using System.Numerics;
using Ltx.Inference.Latents;
using Ltx.Inference.Recipes;
using Ltx.Inference.VideoVae;

namespace Ltx.Inference.Generation.Memory;

/// <summary>What the clip itself takes: its frames and masks while they are prepared and encoded, and while frames are put together.</summary>
/// <param name="model">configs</param>
/// <param name="clip">the request</param>
/// <param name="size">how large it is worked on</param>
/// <param name="element">bytes of a number</param>
internal sealed class ClipMemory(ModelFacts model, RequestShape clip, WorkingSize size, int element, DeviceMemoryTraits device)
{
    private const int Rgb = 3, Quarter = 4;

    // Bytes of a pixel in planes with halved chroma: what a request's frames are, but for callers that give RGB.
    private const double Planes = 1.5;

    private readonly PixelShape shape = size.Padded;

    private double Pixels => (double)shape.Frames * shape.Height * shape.Width;

    /// <summary>
    /// Source bytes and float32 mask, which stay for the whole run; the guide's picture and mask, where the second stage begins from pixels; and
    /// the widened mask, where the composite goes by it.
    /// </summary>
    public double Kept => (double)clip.Frames * clip.Height * clip.Width * (Planes + ElementBytes.Float32)
        + (clip.Recipe.Handover.Kind == HandoverKind.Pixels ? Pixels / Quarter * (Rgb * element + ElementBytes.Float32) : 0)
        + (clip.Recipe.Composite.Kind == CompositeMode.Pyramid ? Pixels * ElementBytes.Float32 : 0);

    /// <summary>Encoding the source: PipelineRun.EncodeClip and EncodedClip.Encode.</summary>
    public MemoryLedger Encode(long maximumElements, VideoTiling? tiling)
    {
        MemoryLedger ledger = new();
        // The source as RGB, until it is encoded; and one run of frames on the way to it, counted in FrameLayout.ToRgb and YuvConversion.ToRgb.
        ledger.Take((double)clip.Frames * clip.Height * clip.Width * Rgb);
        const double Conversion = 22;
        ledger.Work(AtOnce(clip.Frames, clip.Height, clip.Width) * Conversion * ElementBytes.Float32);
        Recipe recipe = clip.Recipe;
        double pixels = Pixels, chunk = AtOnce(shape.Frames, shape.Height, shape.Width);
        // Frames and mask on the grid, where they were not, and the widened masks.
        bool isOther = shape != size.Source;
        if (isOther) ledger.Take(pixels * ElementBytes.Float32);
        ledger.Take(pixels * ElementBytes.Float32);
        ledger.Take(2 * pixels / Quarter * ElementBytes.Float32);
        // Rows, their columns, and what is above one half; on CUDA the place of every maximum.
        ledger.Work(chunk * (4 * ElementBytes.Float32 + (device.IsCuda ? ElementBytes.Int64 : 0)));
        if (isOther) ledger.Take(pixels * Rgb);
        ledger.Take(pixels / Quarter * Rgb * element);
        // Four steps from bytes to numbers at half size.
        ledger.Work(chunk * Rgb * 4 * ElementBytes.Float32);
        Conditions(recipe.Stage1, shape.Height / 2, shape.Width / 2, 0);
        Conditions(recipe.Stage2, shape.Height, shape.Width, Rgb * element);
        return ledger;

        // clipBytes: of a pixel, where the clip is made for it
        void Conditions(RecipeStage stage, int height, int width, int clipBytes)
        {
            bool isKept = stage.LatentMask is not null, isGuided = recipe.Guides(stage);
            if (!isKept && !isGuided) return;
            double area = (double)shape.Frames * height * width;
            using var scope = ledger.Open();
            ledger.Take(area * clipBytes);
            if (clipBytes > 0) ledger.Work(chunk * Rgb * 3 * ElementBytes.Float32);
            if (isKept) ledger.Work(Walk(height, width, maximumElements, tiling));
            // The guide beside the clip that it is painted over.
            if (isGuided) ledger.Work(area * Rgb * element + Walk(height, width, maximumElements, tiling));
        }
    }

    /// <summary>From the first stage's clip to what the second begins with, by pixels: PipelineRun.BlendAndEnlarge and encoding.</summary>
    public MemoryLedger HandOver(LatentShape latent, long maximumElements, VideoTiling? tiling)
    {
        MemoryLedger ledger = new();
        ledger.Take(Pixels * Rgb * element);
        (int height, int width) = (shape.Height / 2, shape.Width / 2);
        LatentShape small = new(latent.Frames, latent.Height / 2, latent.Width / 2);
        double Blend(long frames) => Blending(Math.Min(frames, ClipTensors.FramesAtOnce(height, width)), height, width) + Math.Min(frames, ClipTensors.FramesAtOnce(height, width)) * 4.0 * height * width * Rgb * 3 * ElementBytes.Float32;
        if (tiling is null) Add(ledger, VideoVaeMemory.Decode(model.Vae, small.Frames, small.Height, small.Width, maximumElements, element, device, (inner, frames) => inner.Work(Blend(frames))));
        else Add(ledger, Tiled(height, width, maximumElements, tiling, Blend));
        ledger.Work(Walk(shape.Height, shape.Width, maximumElements, tiling));
        return ledger;

        static void Add(MemoryLedger to, MemoryLedger of) => to.Work(of.Peak);
    }

    /// <summary>Decoding and putting together: VideoDecoder.DecodePieces or DecodeTiled, and InpaintPipeline.Write.</summary>
    public MemoryLedger Decode(LatentShape latent, long maximumElements, VideoTiling? tiling)
    {
        if (tiling is null)
        {
            return VideoVaeMemory.Decode(
                model.Vae, latent.Frames, latent.Height, latent.Width, maximumElements, element, device, (ledger, frames) => ledger.Work(Composite(frames)));
        }
        return Tiled(shape.Height, shape.Width, maximumElements, tiling, Composite);
    }

    private MemoryLedger Tiled(int height, int width, long maximumElements, VideoTiling tiling, Func<long, double> frames)
    {
        // VideoDecoder.Chunk: the sum, what is carried over and the finished frames, each a tile's length of whole frames; and the tile with
        // its three weightings in float32.
        VideoScale scale = model.Vae.Scale;
        (int tileFrames, int tileHeight, int tileWidth) = Tile(tiling, height, width);
        MemoryLedger ledger = new();
        ledger.Take(3.0 * tileFrames * height * width * Rgb * element);
        double tile = (double)tileFrames * tileHeight * tileWidth * Rgb;
        MemoryLedger decoding = VideoVaeMemory.Decode(model.Vae, scale.LatentFrames(tileFrames), tileHeight / scale.Height, tileWidth / scale.Width, maximumElements, element, device);
        ledger.Work(Math.Max(decoding.Peak, tile * element + tile * ElementBytes.Float32));
        ledger.Work(frames(tileFrames));
        return ledger;
    }

    // The float32 tensors of SeamBlend at its worst moment, for one run of frames.
    private double Composite(long frames)
    {
        long at = Math.Min(frames, ClipTensors.FramesAtOnce(clip.Height, clip.Width));
        // Counted in SeamBlend, in tensors of one channel, where all of the frame is near the mask: 9 in Put (the frames as numbers in two steps,
        // and both in planes), 12 in Blend of luma, and in its InBands 3 for each of up to four bands, and 4.
        const double Tensors = 9 + 12 + 4 * 3 + 4;
        // Before it, where the size worked on is another one: the frames in float32, rows, and what comes out of them.
        double scaling = size.IsScaled ? at * Rgb * ElementBytes.Float32 * ((double)shape.Height * shape.Width + shape.Height * (double)clip.Width + (double)clip.Height * clip.Width) : 0;
        double blending = clip.Recipe.Composite.Kind == CompositeMode.Pyramid ? Blending(at, shape.Height, shape.Width) : 0;
        return Math.Max((double)at * clip.Height * clip.Width * ElementBytes.Float32 * Tensors, blending) + scaling;
    }

    // The float32 tensors of PyramidBlend.Blend: pictures, padded, of both the Gaussian and the Laplacian pyramid (4/3 of a picture each), the
    // mask's, the sum in two levels, and three of a filter.
    private static double Blending(long frames, int height, int width)
    {
        const double Tensors = 2 + 2 + 4 * 4.0 / 3 + 4.0 / 9 + 2 + 3;
        double padded = BitOperations.RoundUpToPowerOf2((uint)height) * (double)BitOperations.RoundUpToPowerOf2((uint)width);
        return frames * padded * Rgb * ElementBytes.Float32 * Tensors;
    }

    // Pixels of the longest run of ClipTensors.Chunks: a short clip is one run, and a shorter one than others have.
    private static double AtOnce(int frames, int height, int width) => (double)Math.Min(frames, ClipTensors.FramesAtOnce(height, width)) * height * width;

    private double Walk(int height, int width, long maximumElements, VideoTiling? tiling)
    {
        (int frames, int tileHeight, int tileWidth) = tiling is null ? (shape.Frames, height, width) : Tile(tiling, height, width);
        return VideoVaeMemory.Encode(model.Vae, Math.Min(frames, shape.Frames), Math.Min(tileHeight, height), Math.Min(tileWidth, width), maximumElements, element, device).Peak;
    }

    // The largest tile: in time, one latent cell longer than its size (AxisTiles.OfTime).
    private (int Frames, int Height, int Width) Tile(VideoTiling tiling, int height, int width) =>
        (Math.Min(shape.Frames, tiling.Frames.Size + 1), Math.Min(height, tiling.Height.Size), Math.Min(width, tiling.Width.Size));
}
