using Ltx.Inference.Sampling;
using Ltx.Inference.Transformer;
using static TorchSharp.torch;

namespace Ltx.Parity.Cases;

/// <summary>One forward pass: every block's tokens, the velocities and what they say is the clean latent.</summary>
internal sealed class TransformerCase : IParityCase
{
    public bool Handles(string name) => name.StartsWith("transformer_", StringComparison.Ordinal);

    public void Run(GoldenCase golden, ParityContext context, ParityReport report)
    {
        using LtxTransformer transformer = new(context.Checkpoint, context.Device, context.Type);
        StreamInput video = TransformerInputs.Video(golden, transformer, context), audio = TransformerInputs.Audio(golden, transformer, context);
        Dictionary<string, double>? bfloat16 = golden.HasValue("bfloat16_relative_error") ? golden.Value<Dictionary<string, double>>("bfloat16_relative_error") : null;
        (Tensor videoVelocity, Tensor audioVelocity) = transformer.Forward(video, audio, Perturbations.None, (block, vx, ax) =>
        {
            report.Compare($"out.block{block}.video", vx, golden.Tensor($"out.block{block}.video"));
            report.Compare($"out.block{block}.audio", ax, golden.Tensor($"out.block{block}.audio"));
        });
        report.CompareVelocity("out.video.velocity", videoVelocity, golden.Tensor("out.video.velocity"), bfloat16?["video"]);
        report.CompareVelocity("out.audio.velocity", audioVelocity, golden.Tensor("out.audio.velocity"), bfloat16?["audio"]);
        report.Compare("out.video.denoised", Denoised(golden, "video", video, videoVelocity, context), golden.Tensor("out.video.denoised"));
        report.Compare("out.audio.denoised", Denoised(golden, "audio", audio, audioVelocity, context), golden.Tensor("out.audio.denoised"));
    }

    private static Tensor Denoised(GoldenCase golden, string stream, StreamInput input, Tensor velocity, ParityContext context) =>
        Velocity.ToDenoised(input.Latent, velocity, golden.Tensor($"in.{stream}.timesteps").to(context.Device));
}
