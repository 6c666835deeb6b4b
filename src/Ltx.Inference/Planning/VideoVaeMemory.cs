using Ltx.Inference.VideoVae;

namespace Ltx.Inference.Planning;

/// <summary>
/// What the video VAE holds beside its weights and its input: PieceByPiece and the layers of VideoVae/, walked through with sizes. Each
/// class inside stands for the one of its name there and has to follow it; a test holds the two together.
/// </summary>
internal sealed class VideoVaeMemory
{
    private readonly VideoVaeConfig config;
    private readonly int element;
    private readonly DeviceMemoryTraits device;
    private readonly MemoryLedger ledger = new();

    private VideoVaeMemory(VideoVaeConfig config, int element, DeviceMemoryTraits device)
    {
        (this.config, this.element, this.device) = (config, element, device);
    }

    /// <summary>The worst moment of VideoDecoder.DecodePieces on a latent of this size, the piece included that is handed out.</summary>
    /// <param name="handedOut">told of every piece's frames while nothing but the decoder's own memory is held; may be null</param>
    public static MemoryLedger Decode(VideoVaeConfig config, long frames, long height, long width, long maximumElements, int element, DeviceMemoryTraits device, Action<MemoryLedger, long>? handedOut = null)
    {
        VideoVaeMemory walk = new(config, element, device);
        List<ILayer> layers = [new DecoderEntry(walk), .. config.DecoderBlocks.Select(walk.Build), new DecoderExit(walk)];
        IEnumerable<Piece> pieces = [walk.Start(config.LatentChannels, frames, height, width)];
        foreach (Piece piece in layers.Aggregate(pieces, (clip, layer) => walk.Through(layer, clip, maximumElements)))
        {
            handedOut?.Invoke(walk.ledger, piece.Frames);
            walk.ledger.Drop(piece.Held);
        }
        return walk.ledger;
    }

    /// <summary>The worst moment of VideoEncoder.Encode on a clip of this size, the clip itself aside.</summary>
    public static MemoryLedger Encode(VideoVaeConfig config, long frames, long height, long width, long maximumElements, int element, DeviceMemoryTraits device)
    {
        VideoVaeMemory walk = new(config, element, device);
        List<ILayer> layers = [new EncoderEntry(walk), .. config.EncoderBlocks.Select(walk.BuildCausal), new EncoderExit(walk)];
        // The parts are joined at the end, and are small.
        foreach (Piece _ in layers.Aggregate(walk.EncoderPieces(layers, frames, height, width, maximumElements), (clip, layer) => walk.Through(layer, clip, long.MaxValue)))
        {
        }
        return walk.ledger;
    }

    private Piece Start(long channels, long frames, long height, long width) => new(channels, frames, height, width, IsLast: true, ledger.TakeFree(0));

    // VideoEncoder.Pieces: views into the clip.
    private IEnumerable<Piece> EncoderPieces(List<ILayer> layers, long frames, long height, long width, long maximumElements)
    {
        long perFrame = layers[..2].Max(layer => layer.WorkingChannels) * (height / config.PatchSize) * (width / config.PatchSize);
        long step = config.Scale.Time * Math.Max(1, maximumElements / (perFrame * config.Scale.Time));
        for (long start = 0; start < frames;)
        {
            long end = Math.Min(frames, start == 0 ? step + 1 : start + step);
            yield return new Piece(3, end - start, height, width, end == frames, ledger.TakeFree(0));
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

    private double Bytes(long channels, long frames, long height, long width) => (double)channels * frames * height * width * element;

    private Piece Take(long channels, long frames, long height, long width, bool isLast) => new(channels, frames, height, width, isLast, ledger.Take(Bytes(channels, frames, height, width)));

    private readonly record struct Piece(long Channels, long Frames, long Height, long Width, bool IsLast, MemoryLedger.Entry Held);

    private interface ILayer
    {
        long WorkingChannels { get; }

        Piece Forward(Piece x);
    }

    private sealed class TimeConv3d(VideoVaeMemory walk, long inChannels, long outChannels, bool causal, Layers.Stride3d? step = null)
    {
        private const int Kernel = 3;

        private readonly Layers.Stride3d stride = step ?? Layers.Stride3d.One;
        private MemoryLedger.Entry? kept;
        private long keptFrames;

        public long WorkingChannels => Math.Max(inChannels, outChannels);

        public Piece Forward(Piece x, bool activate = false)
        {
            MemoryLedger ledger = walk.ledger;
            using var scope = ledger.Open();
            if (kept is null && x.Frames == 0) return Kept(0, x);
            long before = kept is null ? (causal ? 2 : 1) : keptFrames, all = before + x.Frames + (x.IsLast && !causal ? 1 : 0);
            double padded = walk.Bytes(x.Channels, all, x.Height, x.Width);
            ledger.Take(padded);
            // The root mean square: one number a position and its copy in float32; with planes also a square of everything.
            double positions = (double)x.Frames * x.Height * x.Width;
            if (activate) ledger.Work(positions * (walk.element + 2 * ElementBytes.Float32) + (walk.device.IsCuda ? 0 : walk.Bytes(x.Channels, x.Frames, x.Height, x.Width)));
            long frames = all < Kernel ? 0 : (all - Kernel) / stride.Time + 1;
            if (!x.IsLast)
            {
                keptFrames = all - frames * stride.Time;
                MemoryLedger.Entry copy = ledger.TakeFree(walk.Bytes(x.Channels, keptFrames, x.Height, x.Width));
                if (kept is not null) ledger.Drop(kept);
                kept = copy;
            }
            Piece result = Kept(frames, x);
            if (frames > 0) ledger.Work(walk.device.ConvolutionWorkspace(new ConvolutionSize(padded, result.Held.Bytes, walk.element)));
            return result;
        }

        private Piece Kept(long frames, Piece x)
        {
            Piece result = walk.Take(outChannels, frames, x.Height / stride.Height, x.Width / stride.Width, x.IsLast);
            walk.ledger.Keep(result.Held);
            return result;
        }
    }

    // FrameMemory.InStep: the frames of a skip whose partners are still to come.
    private sealed class Skip(VideoVaeMemory walk)
    {
        private MemoryLedger.Entry? waiting;
        private long waitingFrames;

        public void InStep(Piece x, long count)
        {
            MemoryLedger ledger = walk.ledger;
            long all = waitingFrames + x.Frames;
            if (waiting is not null) ledger.Take(walk.Bytes(x.Channels, all, x.Height, x.Width));
            waitingFrames = all - count;
            MemoryLedger.Entry? rest = waitingFrames == 0 ? null : ledger.TakeFree(walk.Bytes(x.Channels, waitingFrames, x.Height, x.Width));
            if (waiting is not null) ledger.Drop(waiting);
            waiting = rest;
        }
    }

    private sealed class ResidualBlocks(VideoVaeMemory walk, VideoVaeBlock block, bool causal) : ILayer
    {
        private readonly (TimeConv3d First, TimeConv3d Second, Skip Skip)[] blocks =
            [.. Enumerable.Range(0, block.Layers).Select(_ => (new TimeConv3d(walk, block.InChannels, block.InChannels, causal), new TimeConv3d(walk, block.InChannels, block.InChannels, causal), new Skip(walk)))];

        public long WorkingChannels => block.InChannels;

        public Piece Forward(Piece x)
        {
            MemoryLedger ledger = walk.ledger;
            using var scope = ledger.Open();
            Piece h = x;
            foreach ((TimeConv3d first, TimeConv3d second, Skip skip) in blocks)
            {
                Piece next = Residual(h, first, second, skip);
                if (h.Held != x.Held) ledger.Drop(h.Held);
                h = next;
            }
            ledger.Keep(h.Held);
            return h;
        }

        private Piece Residual(Piece x, TimeConv3d first, TimeConv3d second, Skip skip)
        {
            MemoryLedger ledger = walk.ledger;
            using var scope = ledger.Open();
            Piece middle = first.Forward(x, activate: true), h = second.Forward(middle, activate: true);
            ledger.Drop(middle.Held);
            skip.InStep(x, h.Frames);
            ledger.Keep(h.Held);
            return h;
        }
    }

    private sealed class StridedConvBlock(VideoVaeMemory walk, VideoVaeBlock block) : ILayer
    {
        private readonly TimeConv3d conv = new(walk, block.InChannels, block.OutChannels, causal: true, block.Stride);

        public long WorkingChannels => conv.WorkingChannels;

        public Piece Forward(Piece x) => conv.Forward(x);
    }

    private sealed class SpaceToDepthBlock(VideoVaeMemory walk, VideoVaeBlock block) : ILayer
    {
        private readonly TimeConv3d conv = new(walk, block.InChannels, block.OutChannels / block.Stride.Count, causal: true);
        private bool begun;

        public long WorkingChannels => conv.WorkingChannels;

        public Piece Forward(Piece x)
        {
            MemoryLedger ledger = walk.ledger;
            using var scope = ledger.Open();
            Piece even = x;
            if (block.Stride.Time == 2 && !begun) even = walk.Take(x.Channels, x.Frames + 1, x.Height, x.Width, x.IsLast);
            begun = true;
            MemoryLedger.Entry cells = ledger.Take(walk.Bytes(even.Channels, even.Frames, even.Height, even.Width));
            Piece skip = walk.Take(block.OutChannels, even.Frames / block.Stride.Time, even.Height / block.Stride.Height, even.Width / block.Stride.Width, x.IsLast);
            ledger.Drop(cells);
            conv.Forward(even);
            Piece result = walk.Take(skip.Channels, skip.Frames, skip.Height, skip.Width, x.IsLast);
            ledger.Keep(result.Held);
            return result;
        }
    }

    private sealed class DepthToSpaceBlock(VideoVaeMemory walk, VideoVaeBlock block) : ILayer
    {
        private readonly TimeConv3d conv = new(walk, block.InChannels, (long)block.OutChannels * block.Stride.Count, causal: false);
        private readonly Skip skip = new(walk);
        private bool begun;

        public long WorkingChannels => conv.WorkingChannels;

        public Piece Forward(Piece x)
        {
            MemoryLedger ledger = walk.ledger;
            using var scope = ledger.Open();
            Piece convolved = conv.Forward(x);
            Piece y = walk.Take(block.OutChannels, convolved.Frames * block.Stride.Time, x.Height * block.Stride.Height, x.Width * block.Stride.Width, x.IsLast);
            ledger.Drop(convolved.Held);
            if (block.HasSkip)
            {
                skip.InStep(x, convolved.Frames);
                ledger.Take(walk.Bytes(x.Channels, convolved.Frames, x.Height, x.Width));
                ledger.Take(y.Held.Bytes);
            }
            ledger.Keep(y.Held);
            if (block.Stride.Time != 2 || convolved.Frames == 0 || begun) return y;
            begun = true;
            // A view: what it does not show is held as well.
            return y with { Frames = y.Frames - 1 };
        }
    }

    private sealed class DecoderEntry(VideoVaeMemory walk) : ILayer
    {
        private readonly TimeConv3d conv = new(walk, walk.config.LatentChannels, walk.config.DecoderFirstChannels, causal: false);

        public long WorkingChannels => conv.WorkingChannels;

        public Piece Forward(Piece x)
        {
            using var scope = walk.ledger.Open();
            walk.ledger.Take(walk.Bytes(x.Channels, x.Frames, x.Height, x.Width) * (walk.device.IsCuda ? 2 : 1));
            Piece result = conv.Forward(x);
            walk.ledger.Keep(result.Held);
            return result;
        }
    }

    private sealed class DecoderExit(VideoVaeMemory walk) : ILayer
    {
        private readonly TimeConv3d conv = new(walk, walk.config.DecoderLastChannels, 3L * walk.config.PatchSize * walk.config.PatchSize, causal: false);

        public long WorkingChannels => conv.WorkingChannels;

        public Piece Forward(Piece x)
        {
            using var scope = walk.ledger.Open();
            Piece patches = conv.Forward(x, activate: true), frames = walk.Take(3, patches.Frames, x.Height * walk.config.PatchSize, x.Width * walk.config.PatchSize, x.IsLast);
            walk.ledger.Keep(frames.Held);
            return frames;
        }
    }

    private sealed class EncoderEntry(VideoVaeMemory walk) : ILayer
    {
        private readonly TimeConv3d conv = new(walk, 3L * walk.config.PatchSize * walk.config.PatchSize, walk.config.LatentChannels, causal: true);

        public long WorkingChannels => conv.WorkingChannels;

        public Piece Forward(Piece x)
        {
            using var scope = walk.ledger.Open();
            Piece patches = walk.Take(3L * walk.config.PatchSize * walk.config.PatchSize, x.Frames, x.Height / walk.config.PatchSize, x.Width / walk.config.PatchSize, x.IsLast);
            Piece result = conv.Forward(patches);
            walk.ledger.Keep(result.Held);
            return result;
        }
    }

    private sealed class EncoderExit(VideoVaeMemory walk) : ILayer
    {
        private readonly TimeConv3d conv = new(walk, walk.config.EncoderBlocks is [.., { } last] ? last.OutChannels : walk.config.LatentChannels, walk.config.LatentChannels + 1, causal: true);

        public long WorkingChannels => conv.WorkingChannels;

        public Piece Forward(Piece x)
        {
            using var scope = walk.ledger.Open();
            Piece means = conv.Forward(x, activate: true), latent = walk.Take(walk.config.LatentChannels, means.Frames, x.Height, x.Width, x.IsLast);
            walk.ledger.Keep(latent.Held);
            return latent;
        }
    }
}
