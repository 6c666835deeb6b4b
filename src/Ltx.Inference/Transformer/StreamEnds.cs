using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Transformer;

/// <summary>
/// Both ends of one stream: latent tokens and noise levels in, velocities out.
/// Source: ltx_core/model/transformer/transformer_args.py and model.py (400fd31).
/// </summary>
internal sealed class StreamEnds
{
    // Rows of the AdaLN heads, fixed by the architecture: see StreamState.
    private const int ModulationRows = 9, PromptRows = 2, CrossScaleShiftRows = 4, CrossGateRows = 1, OutputRows = 2;

    private static readonly ModulationRows Rows = new(Shift: 0, Scale: 1);

    private const string Ends = "ends of the streams";

    private readonly TransformerConfig config;
    private readonly Linear project, projectOut;
    private readonly AdaLayerNormSingle modulation, promptModulation, crossScaleShift, crossGate;
    private readonly Tensor outputTable;
    private readonly RotaryEmbedding selfRope, crossRope;
    private readonly int features;

    /// <param name="scope">the model's root</param>
    /// <param name="prefix">what this stream's names begin with: nothing for video, <c>audio_</c></param>
    /// <param name="stream">sizes</param>
    /// <param name="crossScaleShiftName">name of the head for the attention between the streams</param>
    /// <param name="crossGateName">name of the head for the gate of what comes in from the other stream</param>
    public StreamEnds(WeightScope scope, string prefix, StreamConfig stream, TransformerConfig config, string crossScaleShiftName, string crossGateName)
    {
        this.config = config;
        features = stream.Features;
        project = new Linear(scope[prefix + "patchify_proj"], stream.InChannels, features);
        projectOut = new Linear(scope[prefix + "proj_out"], features, stream.OutChannels);
        outputTable = scope.Table(prefix + "scale_shift_table", OutputRows, features);
        modulation = new AdaLayerNormSingle(scope[prefix + "adaln_single"], features, ModulationRows);
        promptModulation = new AdaLayerNormSingle(scope[prefix + "prompt_adaln_single"], features, PromptRows);
        crossScaleShift = new AdaLayerNormSingle(scope[crossScaleShiftName], features, CrossScaleShiftRows);
        crossGate = new AdaLayerNormSingle(scope[crossGateName], features, CrossGateRows);
        selfRope = new RotaryEmbedding(features, stream.Heads, config.RopeTheta, stream.MaxPositions, config.DoublePrecisionRope, config.InterleavedRope);
        crossRope = new RotaryEmbedding(config.CrossRopeFeatures, stream.Heads, config.RopeTheta, [config.CrossMaxPosition], config.DoublePrecisionRope, config.InterleavedRope);
    }

    /// <param name="positions">[B, axes, T, 2] first and last position of every token on every axis, float32: seconds, pixels, pixels</param>
    public TokenGeometry Geometry(Tensor positions, ScalarType type)
    {
        using var scope = NewDisposeScope();
        Tensor middle = positions.to(ScalarType.Float32).mean([-1]);
        RotaryTable self = selfRope.At(middle, type), cross = crossRope.At(middle.narrow(1, 0, 1), type);
        self.Cos.MoveToOuterDisposeScope();
        self.Sin.MoveToOuterDisposeScope();
        cross.Cos.MoveToOuterDisposeScope();
        cross.Sin.MoveToOuterDisposeScope();
        return new TokenGeometry(self, cross);
    }

    /// <summary>Latent tokens [B, T, C] to hidden ones [B, T, D].</summary>
    public Tensor Embed(StreamInput input)
    {
        using Part part = Part.At(Ends);
        return project.Forward(input.Latent);
    }

    /// <param name="input">this stream</param>
    /// <param name="otherSigma">noise level of the other one; null where there is none</param>
    public StreamState Prepare(StreamInput input, double? otherSigma)
    {
        using Part part = Part.At("noise levels");
        Device device = input.Latent.device;
        Tensor levels = Scaled(input.Levels.Values, config.TimestepScale, device);
        (Tensor rows, Tensor embedded) = modulation.Forward(levels);
        Tensor prompt = promptModulation.Forward(Scaled([input.Sigma], config.TimestepScale, device)).Modulation;
        Tensor? index = input.Levels.Index;
        CrossModulation? cross = otherSigma is { } other
            ? new CrossModulation(
                new TokenModulation(crossScaleShift.Forward(levels).Modulation, index),
                new TokenModulation(crossGate.Forward(Scaled([other], config.CrossGateTimestepScale, device)).Modulation, null))
            : null;
        // [U, D] -> [U, 2, D]
        Tensor output = embedded.unsqueeze(1).repeat(1, OutputRows, 1);
        return new StreamState(
            input, new TokenModulation(rows, index), new TokenModulation(prompt, null), cross, new TokenModulation(output, index));
    }

    /// <summary>Hidden tokens [B, T, D] to velocities [B, T, C].</summary>
    public Tensor Output(Tensor x, StreamState state)
    {
        using Part part = Part.At(Ends);
        using var scope = NewDisposeScope();
        return projectOut.Forward(state.Output.At(outputTable, Rows).Modulate(Normed(x))).MoveToOuterDisposeScope();
    }

    private Tensor Normed(Tensor x)
    {
        using Part part = Part.Of(Part.Norms);
        return nn.functional.layer_norm(x, [features], eps: config.NormEpsilon);
    }

    // Rounded to float32 once, after the product: the highest frequency turns by a whole radian for a thousandth of a noise level.
    private static Tensor Scaled(double[] levels, double scale, Device device) => tensor(levels.Select(level => (float)(level * scale)).ToArray(), device: device);
}
