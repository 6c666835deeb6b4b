using Ltx.Inference.VideoVae;

namespace Ltx.Inference.Costs;

/// <content>The layers of VideoVae/, each as the class of its name there.</content>
internal sealed partial class VideoVaeCosts
{
    private interface ILayer
    {
        long WorkingChannels { get; }

        Piece Forward(Piece x);
    }

    private sealed class TimeConv3d(VideoVaeCosts walk, long inChannels, long outChannels, bool causal, Layers.Stride3d? step = null)
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
            if (activate) ledger.Work(positions * (walk.basis.Element + 2 * ElementBytes.Float32) + (walk.basis.Device.IsCuda ? 0 : walk.Bytes(x.Channels, x.Frames, x.Height, x.Width)));
            long frames = all < Kernel ? 0 : (all - Kernel) / stride.Time + 1;
            if (!x.IsLast)
            {
                keptFrames = all - frames * stride.Time;
                MemoryLedger.Entry copy = ledger.TakeFree(walk.Bytes(x.Channels, keptFrames, x.Height, x.Width));
                if (kept is not null) ledger.Drop(kept);
                kept = copy;
            }
            Piece result = Kept(frames, x);
            walk.operations.Add(Operations.Convolution(Kernel * Kernel * Kernel, inChannels, outChannels, (double)result.Frames * result.Height * result.Width));
            if (frames > 0) ledger.Work(walk.basis.Device.ConvolutionWorkspace(new ConvolutionSize(padded, result.Held.Bytes, walk.basis.Element)));
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
    private sealed class Skip(VideoVaeCosts walk)
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

    private sealed class ResidualBlocks(VideoVaeCosts walk, VideoVaeBlock block, bool causal) : ILayer
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

    private sealed class StridedConvBlock(VideoVaeCosts walk, VideoVaeBlock block) : ILayer
    {
        private readonly TimeConv3d conv = new(walk, block.InChannels, block.OutChannels, causal: true, block.Stride);

        public long WorkingChannels => conv.WorkingChannels;

        public Piece Forward(Piece x) => conv.Forward(x);
    }

    private sealed class SpaceToDepthBlock(VideoVaeCosts walk, VideoVaeBlock block) : ILayer
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

    private sealed class DepthToSpaceBlock(VideoVaeCosts walk, VideoVaeBlock block) : ILayer
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

    private sealed class DecoderEntry(VideoVaeCosts walk) : ILayer
    {
        private readonly TimeConv3d conv = new(walk, walk.config.LatentChannels, walk.config.DecoderFirstChannels, causal: false);

        public long WorkingChannels => conv.WorkingChannels;

        public Piece Forward(Piece x)
        {
            using var scope = walk.ledger.Open();
            walk.ledger.Take(walk.Bytes(x.Channels, x.Frames, x.Height, x.Width) * (walk.basis.Device.IsCuda ? 2 : 1));
            Piece result = conv.Forward(x);
            walk.ledger.Keep(result.Held);
            return result;
        }
    }

    private sealed class DecoderExit(VideoVaeCosts walk) : ILayer
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

    private sealed class EncoderEntry(VideoVaeCosts walk) : ILayer
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

    private sealed class EncoderExit(VideoVaeCosts walk) : ILayer
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
