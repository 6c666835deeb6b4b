using System.Numerics;
using Ltx.Inference.Costs;
using Ltx.Inference.Latents;
using Ltx.Inference.Recipes;
using Ltx.Inference.VideoVae;

namespace Ltx.Inference.Planning;

/// <summary>What the clip itself takes: its frames and masks while they are prepared and encoded, and while frames are put together.</summary>
/// <param name="model">configs</param>
/// <param name="clip">the request</param>
/// <param name="size">how large it is worked on</param>
/// <param name="basis">what bytes are counted by</param>
internal sealed class ClipMemory(ModelFacts model, RequestShape clip, WorkingSize size, CostBasis basis)
{
    private const int Rgb = 3, Quarter = 4;

    // Numbers of a pixel in planes with halved chroma.
    private const double Planes = 1.5;

    private readonly PixelShape shape = size.Padded;

    private double Pixels => (double)shape.Frames * shape.Height * shape.Width;

    // Of the source.
    private double GivenPixels => (double)clip.Frames * clip.Height * clip.Width;

    // Bytes of its pixels.
    private double Given => clip.IsRgb ? Rgb : Planes;

    /// <summary>
    /// Source bytes and the mask, a byte a pixel, which stay for the whole run; the guide's picture and mask, where the second stage begins from pixels; and
    /// the widened mask, where the composite goes by it.
    /// </summary>
    public double Kept => GivenPixels * (Given + 1)
        + (clip.Recipe.Handover.Kind == HandoverKind.Pixels ? Pixels / Quarter * (Rgb * basis.Element + ElementBytes.Float32) : 0)
        + (clip.Recipe.Composite.Kind == CompositeMode.Pyramid ? Pixels * ElementBytes.Float32 : 0);

    /// <summary>Encoding the source: PipelineRun.EncodeClip and EncodedClip.Encode.</summary>
    public MemoryLedger Encode(long maximumElements, VideoTiling? tiling)
    {
        MemoryLedger ledger = new();
        Recipe recipe = clip.Recipe;
        double pixels = Pixels, chunk = AtOnce(shape.Frames, shape.Height, shape.Width);
        bool isOther = shape != size.Source;
        // StageMasks.Of: the mask in numbers, on the grid where it was not, and what counts of it; both widened masks stay.
        ledger.Take(pixels * ElementBytes.Float32);
        using (ledger.Open())
        {
            ledger.Take(GivenPixels * ElementBytes.Float32);
            if (isOther) ledger.Take(pixels * ElementBytes.Float32);
            ledger.Take(pixels * ElementBytes.Float32);
            // ClipTensors.Dilate: a run of frames with its edges, two steps of a maximum, and what is above one half.
            ledger.Work(chunk * 4 * ElementBytes.Float32);
            // The smaller one, and where each maximum was.
            ledger.Work(pixels / Quarter * (ElementBytes.Float32 + ElementBytes.Int64));
        }
        ledger.Take(pixels / Quarter * ElementBytes.Float32);
        // The source as RGB; one run of frames on the way to it, counted in FrameLayout.ToRgb and YuvConversion.ToRgb; and as RGB on the grid.
        MemoryLedger.Entry frames;
        using (ledger.Open())
        {
            frames = ledger.Take(clip.IsRgb ? 0 : GivenPixels * Rgb);
            const double Conversion = 20;
            if (!clip.IsRgb) ledger.Work(AtOnce(clip.Frames, clip.Height, clip.Width) * Conversion * ElementBytes.Float32);
            if (isOther) frames = ledger.Take(pixels * Rgb);
            ledger.Keep(frames);
        }
        // What the VAE takes, at both sizes; with four steps from bytes to numbers.
        MemoryLedger.Entry half = ledger.Take(pixels / Quarter * Rgb * basis.Element);
        if (Looks(recipe.Stage2)) ledger.Take(pixels * Rgb * basis.Element);
        ledger.Work(chunk * Rgb * 4 * ElementBytes.Float32);
        ledger.Drop(frames);
        Conditions(recipe.Stage1, shape.Height / 2, shape.Width / 2);
        ledger.Drop(half);
        Conditions(recipe.Stage2, shape.Height, shape.Width);
        return ledger;

        bool Looks(RecipeStage stage) => stage.LatentMask is not null || recipe.Guides(stage);

        void Conditions(RecipeStage stage, int height, int width)
        {
            bool isKept = stage.LatentMask is not null, isGuided = recipe.Guides(stage);
            double area = (double)shape.Frames * height * width;
            if (isKept) ledger.Work(Walk(height, width, maximumElements, tiling));
            // The guide beside the clip that it is painted over.
            if (isGuided) ledger.Work(area * Rgb * basis.Element + Walk(height, width, maximumElements, tiling));
        }
    }

    /// <summary>From the first stage's clip to what the second begins with, by pixels: PipelineRun.BlendAndEnlarge and encoding.</summary>
    public MemoryLedger HandOver(LatentShape latent, long maximumElements, VideoTiling? tiling)
    {
        MemoryLedger ledger = new();
        ledger.Take(Pixels * Rgb * basis.Element);
        (int height, int width) = (shape.Height / 2, shape.Width / 2);
        LatentShape small = new(latent.Frames, latent.Height / 2, latent.Width / 2);
        double Blend(long frames) => Blending(Math.Min(frames, WorkPortions.FramesAtOnce(height, width)), height, width) + Math.Min(frames, WorkPortions.FramesAtOnce(height, width)) * 4.0 * height * width * Rgb * 3 * ElementBytes.Float32;
        if (tiling is null) Add(ledger, VideoVaeCosts.Decode(model.Vae, small, basis, maximumElements, (inner, frames) => inner.Work(Blend(frames))).Memory);
        else Add(ledger, Tiled(height, width, maximumElements, tiling, Blend));
        ledger.Work(Walk(shape.Height, shape.Width, maximumElements, tiling));
        return ledger;

        static void Add(MemoryLedger to, MemoryLedger of) => to.Work(of.Peak);
    }

    /// <summary>Decoding and putting together: VideoDecoder.DecodePieces or DecodeTiled, and FrameOutput.Write.</summary>
    public MemoryLedger Decode(LatentShape latent, long maximumElements, VideoTiling? tiling)
    {
        if (tiling is null)
        {
            return VideoVaeCosts.Decode(model.Vae, latent, basis, maximumElements, (ledger, frames) => ledger.Work(Composite(frames))).Memory;
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
        ledger.Take(3.0 * tileFrames * height * width * Rgb * basis.Element);
        double tile = (double)tileFrames * tileHeight * tileWidth * Rgb;
        MemoryLedger decoding = VideoVaeCosts.Decode(model.Vae, new LatentShape(scale.LatentFrames(tileFrames), tileHeight / scale.Height, tileWidth / scale.Width), basis, maximumElements).Memory;
        ledger.Work(Math.Max(decoding.Peak, tile * basis.Element + tile * ElementBytes.Float32));
        ledger.Work(frames(tileFrames));
        return ledger;
    }

    // The float32 tensors of SeamBlend at its worst moment, for one run of frames.
    private double Composite(long frames)
    {
        long at = Math.Min(frames, WorkPortions.FramesAtOnce(clip.Height, clip.Width));
        // Counted in SeamBlend, in tensors of one channel, where all of the frame is near the mask. In Put: both clips as numbers, the mask, and
        // the result's bytes.
        double put = 2 * Given + 1 + Given / ElementBytes.Float32;
        double channels = clip.IsRgb ? Rgb : 1;
        int feather = clip.Recipe.Composite.Feather.On(clip.Height, clip.Width);
        double blend = clip.Recipe.Composite.Kind == CompositeMode.Blend && feather > 0 ? Blend() : channels;
        // Before it, where the size worked on is another one: the frames in float32, rows, and what comes out of them.
        double scaling = size.IsScaled ? at * Rgb * ElementBytes.Float32 * ((double)shape.Height * shape.Width + shape.Height * (double)clip.Width + (double)clip.Height * clip.Width) : 0;
        double pyramid = clip.Recipe.Composite.Kind == CompositeMode.Pyramid ? Blending(at, shape.Height, shape.Width) : 0;
        return Math.Max((double)at * clip.Height * clip.Width * ElementBytes.Float32 * (put + blend), pyramid) + scaling;

        // SeamBlend.Blend of luma, or of RGB: distance and region, and the worst of Tone while its zones are measured, of Tone while its result is
        // enlarged, with all that it has in cells, and of InBands, with what is blended, the position in the ring, the sum, what is left of the
        // picture, and either two means or the mean, the band and its weight.
        double Blend()
        {
            int cell = WorkPortions.ToneCell(feather);
            double cells = (20 * channels + 35) / (cell * cell);
            return 1.25 + Math.Max(Math.Max(channels + 8, 3 * channels + 5 + cells), 6 * channels + 2);
        }
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
    private static double AtOnce(int frames, int height, int width) => (double)Math.Min(frames, WorkPortions.FramesAtOnce(height, width)) * height * width;

    private double Walk(int height, int width, long maximumElements, VideoTiling? tiling)
    {
        (int frames, int tileHeight, int tileWidth) = tiling is null ? (shape.Frames, height, width) : Tile(tiling, height, width);
        return VideoVaeCosts.Encode(model.Vae, new PixelShape(Math.Min(frames, shape.Frames), Math.Min(tileHeight, height), Math.Min(tileWidth, width)), basis, maximumElements).Memory.Peak;
    }

    // The largest tile: in time, one latent cell longer than its size (AxisTiles.OfTime).
    private (int Frames, int Height, int Width) Tile(VideoTiling tiling, int height, int width) =>
        (Math.Min(shape.Frames, tiling.Frames.Size + 1), Math.Min(height, tiling.Height.Size), Math.Min(width, tiling.Width.Size));
}
