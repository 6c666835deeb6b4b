using Ltx.Inference.Costs;
using Ltx.Inference.Latents;
using Ltx.Inference.TextEncoder;

namespace Ltx.Inference.Measuring;

/// <summary>Floating-point operations, from the configs alone.</summary>
internal sealed class ModelOperations(ModelArchitecture model) : IModelParts<Operations>
{
    public Operations Prompt() => new TextCosts(model.Text, CostBasis.Any).Operations;

    public Operations Encode(PixelShape clip) => VideoVaeCosts.Encode(model.VideoVae, clip, CostBasis.Any).Operations;

    public Operations Decode(LatentShape latent) => VideoVaeCosts.Decode(model.VideoVae, latent, CostBasis.Any).Operations;

    public Operations Upsample(LatentShape latent) => new UpsamplerCosts(model.Upsampler, latent, CostBasis.Any).Operations;

    public Operations Forward(int tokens, int sound) => new TransformerCosts(model.Transformer, new TransformerPass(tokens, sound, GemmaTokenizer.PromptLength), CostBasis.Any).Operations;

    public Operations Sound(int frames) => new SoundCosts(model.AudioVae, model.Vocoder, frames).Operations;
}
