using Ltx.Inference.Costs;
using Ltx.Inference.Latents;

namespace Ltx.Inference.Measuring;

/// <summary>What each part of a model is, by some measure of work; a request is made of these (<see cref="RequestWork"/>).</summary>
internal interface IModelParts<T> where T : IWork<T>
{
    /// <summary>The text of one prompt.</summary>
    T Prompt();

    /// <summary>A clip's latent.</summary>
    T Encode(PixelShape clip);

    /// <summary>A latent's clip.</summary>
    T Decode(LatentShape latent);

    /// <summary>A latent made larger.</summary>
    T Upsample(LatentShape latent);

    /// <summary>One pass of the transformer.</summary>
    /// <param name="tokens">of the video stream, references included</param>
    /// <param name="sound">tokens of the audio stream</param>
    T Forward(int tokens, int sound);

    /// <summary>The sound of a latent of so many frames.</summary>
    T Sound(int frames);
}
