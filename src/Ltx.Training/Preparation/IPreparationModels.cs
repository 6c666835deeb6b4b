using Ltx.Inference.Latents;
using static TorchSharp.torch;

namespace Ltx.Training.Preparation;

/// <summary>The models that clips are prepared with, each loaded when it is opened and dropped when it is disposed, never two at once.</summary>
internal interface IPreparationModels
{
    /// <summary>What the latents are computed in.</summary>
    ScalarType Type { get; }

    /// <summary>Of the video VAE.</summary>
    VideoScale Scale { get; }

    /// <summary>Tells the video VAE from every other one.</summary>
    string ClipIdentity { get; }

    /// <summary>Tells the text encoder and its connectors from all others.</summary>
    string CaptionIdentity { get; }

    IClipEncoder OpenClips();

    ICaptionEncoder OpenCaptions();
}

/// <summary>The video VAE's encoder.</summary>
internal interface IClipEncoder : IDisposable
{
    /// <param name="video">[1, 3, F, H, W] from -1 to 1</param>
    /// <returns>[1, C, F', H', W'], of the caller's scope</returns>
    Tensor Encode(Tensor video);
}

/// <summary>The text encoder, with the connector of the video stream behind it.</summary>
internal interface ICaptionEncoder : IDisposable
{
    /// <returns>[1, S, D], of the caller's scope</returns>
    Tensor Encode(string caption);
}
