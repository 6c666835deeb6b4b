using Ltx.Inference.Latents;
using Ltx.Inference.Sampling;
using static TorchSharp.torch;

namespace Ltx.Parity.Cases;

/// <summary>Mask and reference applied to an empty latent, and seeded noise.</summary>
internal sealed class ConditioningCase : IParityCase
{
    public bool Handles(string name) => name == "conditioning";

    public void Run(GoldenCase golden, ParityContext context, ParityReport report)
    {
        VideoScale scale = ModelScales.Video(context);
        AudioScale audio = ModelScales.Audio(context);
        double fps = golden.Value<double>("fps");
        int frames = golden.Value<int>("frames");
        LatentShape shape = new PixelShape(frames, golden.Value<int>("height"), golden.Value<int>("width")).ToLatent(scale);
        Tensor clean = golden.Input("in.clean", context);
        LatentState state = LatentState.Initial(zeros(1, shape.Tokens, clean.shape[1], dtype: context.Type, device: context.Device), TokenPositions.Video(shape, scale, fps, context.Device));
        ICondition[] conditions = [new MaskCondition(clean, golden.Input("in.keep", context)), new ReferenceCondition(golden.Input("in.reference", context), Strength: golden.Value<double>("reference_strength"))];
        VideoTarget target = new(shape, scale, fps);
        foreach (ICondition condition in conditions) state = condition.Apply(state, target);
        using NoiseSource noise = new(golden.Value<long>("seed"));
        state = state.WithNoise(noise.Normal(state.Latent.shape, context.Device), 1);
        report.Compare("out.latent", state.Latent, golden.Tensor("out.latent"));
        report.Compare("out.clean_latent", state.Clean, golden.Tensor("out.clean_latent"));
        report.Compare("out.denoise_mask", state.DenoiseMask, golden.Tensor("out.denoise_mask"), CaseTolerance.Numbers);
        report.Compare("out.positions", state.Positions, golden.Tensor("out.positions"), CaseTolerance.Numbers);

        Tensor expected = golden.Tensor("out.audio.latent");
        int audioFrames = audio.LatentFrames(frames, fps);
        LatentState sound = LatentState.Initial(zeros(1, audioFrames, expected.shape[2], dtype: context.Type, device: context.Device), TokenPositions.Audio(audioFrames, audio, context.Device));
        sound = sound.WithNoise(noise.Normal(sound.Latent.shape, context.Device), 1);
        report.Compare("out.audio.latent", sound.Latent, expected);
    }
}
