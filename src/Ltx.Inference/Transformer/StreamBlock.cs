using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Transformer;

/// <summary>
/// One stream's own part of a block: attention within the stream, attention to the text, feed-forward.
/// Source: ltx_core/model/transformer/transformer.py (400fd31).
/// </summary>
internal sealed class StreamBlock
{
    private const int Rows = 9, PromptRows = 2;

    // Of the first table, and of the second. Here shift comes before scale.
    private static readonly ModulationRows ToItselfRows = new(Shift: 0, Scale: 1, Gate: 2);
    private static readonly ModulationRows ForwardRows = new(Shift: 3, Scale: 4, Gate: 5);
    private static readonly ModulationRows ToTextRows = new(Shift: 6, Scale: 7, Gate: 8);
    private static readonly ModulationRows ContextRows = new(Shift: 0, Scale: 1);

    private readonly Attention selfAttention, textAttention;
    private readonly FeedForward feedForward;
    private readonly Tensor table, promptTable;
    private readonly double epsilon;
    private readonly string selfPlace, textPlace, forwardPlace;

    /// <param name="scope">the block</param>
    /// <param name="prefix">what this stream's names begin with</param>
    public StreamBlock(WeightScope scope, string prefix, StreamConfig stream, TransformerConfig config)
    {
        epsilon = config.NormEpsilon;
        string name = prefix.Length == 0 ? "video" : "audio";
        (selfPlace, textPlace, forwardPlace) = ($"{name} to itself", $"text to {name}", $"{name} feed-forward");
        selfAttention = new Attention(scope[prefix + "attn1"], stream.Features, stream.Features, stream.Heads, stream.HeadFeatures, config.GatedAttention, epsilon);
        textAttention = new Attention(scope[prefix + "attn2"], stream.Features, stream.ContextFeatures, stream.Heads, stream.HeadFeatures, config.GatedAttention, epsilon);
        feedForward = new FeedForward(scope[prefix + "ff"], stream.Features);
        table = scope.Table(prefix + "scale_shift_table", Rows, stream.Features);
        promptTable = scope.Table(prefix + "prompt_scale_shift_table", PromptRows, stream.Features);
    }

    /// <param name="x">[B, T, D]</param>
    /// <param name="passValues">leaves the self-attention out</param>
    public Tensor Attend(Tensor x, StreamState state, bool passValues)
    {
        using var scope = NewDisposeScope();
        return ToText(ToItself(x, state, passValues), state).MoveToOuterDisposeScope();
    }

    /// <param name="x">[B, T, D]</param>
    public Tensor FeedForward(Tensor x, StreamState state)
    {
        using Part part = Part.At(forwardPlace);
        using var scope = NewDisposeScope();
        Modulation modulation = state.Modulation.At(table, ForwardRows);
        using LinearInput normed = modulation.NormModulate(x, epsilon);
        return modulation.AddGated(x, feedForward.Forward(normed)).MoveToOuterDisposeScope();
    }

    private Tensor ToItself(Tensor x, StreamState state, bool passValues)
    {
        using Part part = Part.At(selfPlace);
        using var scope = NewDisposeScope();
        Modulation modulation = state.Modulation.At(table, ToItselfRows);
        using LinearInput normed = modulation.NormModulate(x, epsilon);
        RotaryTable rope = state.Input.Geometry.Self;
        Tensor attended = selfAttention.Forward(normed, normed, rope, rope, state.Input.Groups, passValues);
        return modulation.AddGated(x, attended).MoveToOuterDisposeScope();
    }

    private Tensor ToText(Tensor x, StreamState state)
    {
        using Part part = Part.At(textPlace);
        using var scope = NewDisposeScope();
        Modulation modulation = state.Modulation.At(table, ToTextRows);
        using LinearInput query = modulation.NormModulate(x, epsilon);
        using LinearInput context = state.Prompt.At(promptTable, ContextRows).Modulate(state.Input.Context);
        return modulation.AddGated(x, textAttention.Forward(query, context)).MoveToOuterDisposeScope();
    }
}
