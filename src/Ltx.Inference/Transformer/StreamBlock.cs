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
    // Rows of the block's table. Here shift comes before scale.
    private const int Rows = 9, PromptRows = 2;
    private const int SelfShift = 0, SelfScale = 1, SelfGate = 2, ForwardShift = 3, ForwardScale = 4, ForwardGate = 5, TextShift = 6, TextScale = 7, TextGate = 8;
    private const int PromptShift = 0, PromptScale = 1;

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
        table = scope.Tensor(prefix + "scale_shift_table", Rows, stream.Features);
        promptTable = scope.Tensor(prefix + "prompt_scale_shift_table", PromptRows, stream.Features);
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
        TokenModulation modulation = state.Modulation;
        Tensor normed = Modulations.NormModulate(x, modulation.ScaleRow(table, ForwardScale, ForwardScale).PerToken(), modulation.Row(table, ForwardShift, ForwardShift).PerToken(), epsilon);
        return Modulations.AddGated(x, feedForward.Forward(normed), modulation.Row(table, ForwardGate, ForwardGate).PerToken()).MoveToOuterDisposeScope();
    }

    private Tensor ToItself(Tensor x, StreamState state, bool passValues)
    {
        using Part part = Part.At(selfPlace);
        using var scope = NewDisposeScope();
        TokenModulation modulation = state.Modulation;
        Tensor normed = Modulations.NormModulate(x, modulation.ScaleRow(table, SelfScale, SelfScale).PerToken(), modulation.Row(table, SelfShift, SelfShift).PerToken(), epsilon);
        RotaryTable rope = state.Input.Geometry.Self;
        Tensor attended = selfAttention.Forward(normed, normed, rope, rope, state.Input.AttentionBias, passValues);
        return Modulations.AddGated(x, attended, modulation.Row(table, SelfGate, SelfGate).PerToken()).MoveToOuterDisposeScope();
    }

    private Tensor ToText(Tensor x, StreamState state)
    {
        using Part part = Part.At(textPlace);
        using var scope = NewDisposeScope();
        TokenModulation modulation = state.Modulation;
        Tensor query = Modulations.NormModulate(x, modulation.ScaleRow(table, TextScale, TextScale).PerToken(), modulation.Row(table, TextShift, TextShift).PerToken(), epsilon);
        Tensor context = Modulations.Modulate(
            state.Input.Context, state.Prompt.ScaleRow(promptTable, PromptScale, PromptScale).PerToken(), state.Prompt.Row(promptTable, PromptShift, PromptShift).PerToken());
        Tensor read = textAttention.Forward(query, context);
        return Modulations.AddGated(x, read, modulation.Row(table, TextGate, TextGate).PerToken()).MoveToOuterDisposeScope();
    }
}
