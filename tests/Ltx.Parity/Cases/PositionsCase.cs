using Ltx.Inference.Latents;
using static TorchSharp.torch;

namespace Ltx.Parity.Cases;

/// <summary>Where the target's, the references' and the keyframes' tokens lie.</summary>
internal sealed class PositionsCase : IParityCase
{
    public bool Handles(string name) => name == "positions";

    public void Run(GoldenCase golden, ParityContext context, ParityReport report)
    {
        VideoScale scale = ModelScales.Video(context);
        AudioScale audio = ModelScales.Audio(context);
        double fps = golden.Value<double>("fps");
        int frames = golden.Value<int>("frames");
        LatentShape shape = new PixelShape(frames, golden.Value<int>("height"), golden.Value<int>("width")).ToLatent(scale);
        VideoTarget target = new(shape, scale, fps);
        Tensor positions = TokenPositions.Video(shape, scale, fps, context.Device);
        report.Compare("out.video", positions, golden.Tensor("out.video"), CaseTolerance.Numbers);
        report.Compare("out.audio", TokenPositions.Audio(audio.LatentFrames(frames, fps), audio, context.Device), golden.Tensor("out.audio"), CaseTolerance.Numbers);
        foreach ((string name, Spec spec) in golden.Value<Dictionary<string, Spec>>("conditionings"))
        {
            LatentState state = LatentState.Initial(zeros(1, shape.Tokens, 1, device: context.Device), positions);
            LatentState applied = spec.ToCondition(context.Device).Apply(state, target);
            report.Compare($"out.{name}", applied.Positions, golden.Tensor($"out.{name}"), CaseTolerance.Numbers);
        }
    }

    // As the metadata writes it: a latent size for one of the two kinds, and that kind's numbers.
    private sealed record Spec(
        [property: System.Text.Json.Serialization.JsonPropertyName("reference")] long[]? Reference,
        [property: System.Text.Json.Serialization.JsonPropertyName("keyframe")] long[]? Keyframe,
        [property: System.Text.Json.Serialization.JsonPropertyName("downscale")] int Downscale = 1,
        [property: System.Text.Json.Serialization.JsonPropertyName("temporal_scale")] int TemporalScale = 1,
        [property: System.Text.Json.Serialization.JsonPropertyName("frame")] int Frame = 0)
    {
        public ICondition ToCondition(Device device) => Reference is { } reference
            ? new ReferenceCondition(zeros([1, 1, .. reference], device: device), Downscale, TemporalScale)
            : new KeyframeCondition(zeros([1, 1, .. Keyframe!], device: device), Frame);
    }
}
