using Ltx.Inference.Upsampler;
using Ltx.Inference.VideoVae;
using static TorchSharp.torch;

namespace Ltx.Parity.Cases;

/// <summary>The latent upsampler's network alone, and between the VAE's statistics.</summary>
internal sealed class UpsamplerCase : IParityCase
{
    public bool Handles(string name) => name == "upsampler";

    public void Run(GoldenCase golden, ParityContext context, ParityReport report)
    {
        using LatentUpsampler upsampler = LatentUpsampler.Load(context.Model.Upscaler, context.Device, context.Type);
        using VideoEncoder encoder = VideoEncoder.Load(context.Checkpoint, context.Device, context.Type);
        Tensor latent = golden.Input("in.latent", context);
        report.Compare("out.raw", upsampler.Forward(latent), golden.Tensor("out.raw"));
        report.Compare("out.latent", upsampler.Upsample(latent, encoder.Statistics), golden.Tensor("out.latent"));
    }
}
