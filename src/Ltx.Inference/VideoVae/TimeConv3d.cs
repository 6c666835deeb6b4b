using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.VideoVae;

/// <summary>
/// A convolution whose time is padded by repeating frames: causal ones see the first frame twice before the clip, the others see
/// the first frame once before and the last one once after it. (ltx_core/model/video_vae/convolution.py, 400fd31)
/// In a clip that comes in pieces, the frames before a piece are those of the piece before.
/// </summary>
internal sealed class TimeConv3d
{
    private const int Kernel = 3;

    private readonly Conv3d conv;
    private readonly Stride3d stride;
    private readonly bool causal;

    /// <param name="scope">where <c>conv.weight</c> [out, in, 3, 3, 3] and <c>conv.bias</c> [out] are</param>
    /// <param name="causal">true in the encoder, false in the decoder</param>
    public TimeConv3d(WeightScope scope, int inChannels, int outChannels, bool causal, bool channelsLast, Stride3d? stride = null)
    {
        this.causal = causal;
        this.stride = stride ?? Stride3d.One;
        conv = new Conv3d(scope["conv"], inChannels, outChannels, Conv3dKind.UnpaddedTime, stride, channelsLast);
    }

    /// <summary>Channels of the larger of input and output.</summary>
    public int WorkingChannels => (int)Math.Max(conv.InChannels, conv.OutChannels);

    /// <param name="x">[B, in, F, H, W]; F may be 0</param>
    /// <param name="at">where the piece lies in its clip</param>
    /// <param name="activate">what to do with every position before the convolution, from one tensor into another: into the padded one, which spares a copy</param>
    /// <returns>[B, out, F', H', W'] in the caller's scope. Without a stride a causal one gives F frames; the others give one fewer at the beginning and one more at the end</returns>
    public Tensor Forward(Tensor x, ClipPosition at, Action<Tensor, Tensor>? activate = null)
    {
        using var scope = NewDisposeScope();
        Tensor? before = at.Memory.Recall(this);
        if (before is null && x.shape[2] == 0) return None(x).MoveToOuterDisposeScope();
        Tensor padded = Pad(x, before, at.IsLast, activate);
        long frames = padded.shape[2] < Kernel ? 0 : (padded.shape[2] - Kernel) / stride.Time + 1;
        if (!at.IsLast) at.Memory.Keep(this, padded.narrow(2, frames * stride.Time, padded.shape[2] - frames * stride.Time));
        return (frames == 0 ? None(x) : conv.Forward(padded)).MoveToOuterDisposeScope();
    }

    // [B, C, F, H, W] -> [B, C, before + F + after, H, W]; what was kept is activated already
    private Tensor Pad(Tensor x, Tensor? before, bool isLast, Action<Tensor, Tensor>? activate)
    {
        long lead = before?.shape[2] ?? (causal ? 2 : 1), end = lead + x.shape[2], trail = isLast && !causal ? 1 : 0;
        Tensor padded = ChannelsLast.Empty(x, end + trail);
        if (end > lead)
        {
            Tensor inside = padded.narrow(2, lead, end - lead);
            if (activate is null) inside.copy_(x);
            else activate(x, inside);
        }
        padded.narrow(2, 0, lead).copy_(before ?? padded.narrow(2, lead, 1));
        if (trail > 0) padded.narrow(2, end, trail).copy_(padded.narrow(2, end - 1, 1));
        return padded;
    }

    private Tensor None(Tensor x) => x.new_empty([x.shape[0], conv.OutChannels, 0, x.shape[3] / stride.Height, x.shape[4] / stride.Width]);
}
