using static TorchSharp.torch;

namespace Ltx.Inference.VideoVae;

/// <summary>A stage of the encoder or decoder. It is given a clip piece by piece, and gives a clip piece by piece.</summary>
internal interface IVideoLayer
{
    /// <summary>The most channels of any activation at the size of the input.</summary>
    int WorkingChannels { get; }

    /// <param name="x">[B, C, F, H, W]; F may be 0</param>
    /// <param name="at">where the piece lies; its memory is changed</param>
    /// <returns>[B, C', F', H', W'] in the caller's scope; the frames that can be computed by now, perhaps none</returns>
    Tensor Forward(Tensor x, ClipPosition at);
}
