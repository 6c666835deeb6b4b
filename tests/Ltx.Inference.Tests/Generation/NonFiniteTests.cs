using Ltx.Inference.Generation;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Generation;

[Collection(MiniaturePipelineTests.Name)]
public class NonFiniteTests
{
    [Theory]
    [InlineData("prompt", "checkpoint", "text_embedding_projection.video_aggregate_embed.weight")]
    [InlineData("source", "checkpoint", "vae.encoder.conv_in.conv.weight")]
    [InlineData("source", "checkpoint", "audio_vae.encoder.conv_in.conv.weight")]
    [InlineData("stage 1", "checkpoint", "model.diffusion_model.proj_out.weight")]
    [InlineData("stage 1", "checkpoint", "model.diffusion_model.audio_proj_out.weight")]
    [InlineData("upsampling", "upscaler", "final_conv.weight")]
    [InlineData("sound", "checkpoint", "vocoder.vocoder.conv_pre.weight")]
    [InlineData("frames", "checkpoint", "vae.decoder.conv_out.conv.weight")]
    public void Weights_that_are_too_large_end_the_run_with_the_stages_name(string stage, string part, string tensor)
    {
        using BrokenModel broken = new(part, tensor, BrokenModel.Huge);
        using InpaintPipeline pipeline = new(ModelFolder.Open(broken.Path), CPU, ScalarType.Float32);
        InpaintRequest request = MiniatureClip.Request(9, 64, 64);
        // The source's sound is encoded only where it is kept.
        if (tensor.StartsWith("audio_vae.encoder", StringComparison.Ordinal)) request = request with { SourceSound = new SoundClip([new float[6000], new float[6000]], pipeline.SourceSoundRate) };
        RecordedClip clip = new();
        NonFiniteException failed = Assert.Throws<NonFiniteException>(() => pipeline.Run(request, clip, cancellation: TestContext.Current.CancellationToken));
        Assert.Contains($"\"{stage}\"", failed.Message, StringComparison.Ordinal);
        Assert.Equal(Fault.Internal, failed.Fault);
        Assert.Empty(clip.Frames);
    }

    [Theory]
    [InlineData("checkpoint", "model.diffusion_model.transformer_blocks.0.attn1.to_q.weight")]
    [InlineData("checkpoint", "model.diffusion_model.transformer_blocks.1.scale_shift_table")]
    [InlineData("checkpoint", "vocoder.vocoder.conv_pre.weight")]
    [InlineData("upscaler", "final_conv.bias")]
    public void Weights_that_are_not_finite_are_refused_by_name_before_anything_runs(string part, string tensor)
    {
        using BrokenModel broken = new(part, tensor, BrokenModel.NaN);
        WeightsException refused = Assert.Throws<WeightsException>(() => new InpaintPipeline(ModelFolder.Open(broken.Path), CPU, ScalarType.Float32));
        Assert.Equal($"{broken.File}: tensor \"{tensor}\" holds numbers that are not finite; the file is damaged, or was made wrong.", refused.Message);
    }
}
