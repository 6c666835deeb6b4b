using Ltx.Inference.Transformer;
using static TorchSharp.torch;

namespace Ltx.Training.Forward;

/// <summary>
/// Places where a graph of gradients is cut: behind a cut, gradients add up, block by block, and at the end they go on through what is before it.
/// Where nothing before it is trained, there is no cut.
/// </summary>
internal sealed class GradientCuts
{
    private readonly List<(Tensor Before, Tensor Behind)> cuts = [];
    private StreamTokens before;

    /// <summary>Everything of a stream that all blocks use.</summary>
    public StreamState Cut(StreamState state) => state with
    {
        Modulation = Cut(state.Modulation),
        Prompt = Cut(state.Prompt),
        Output = Cut(state.Output),
        Cross = state.Cross is { } cross ? new CrossModulation(Cut(cross.ScaleShift), Cut(cross.Gate)) : null,
    };

    /// <summary>The tokens of the first block, whose gradients <see cref="Backward"/> is given.</summary>
    public StreamTokens CutTokens(StreamTokens tokens)
    {
        before = tokens;
        // They are disposed block by block; the graph is to stay.
        return new StreamTokens(tokens.Video.detach(), tokens.Audio?.detach());
    }

    /// <summary>Lets all gradients go on to what is before the cuts.</summary>
    /// <param name="tokens">of the tokens that went into the first block; null where nothing came of them</param>
    public void Backward((Tensor? Video, Tensor? Audio) tokens)
    {
        using var scope = NewDisposeScope();
        List<(Tensor Before, Tensor Gradient)> open = [];
        void Add(Tensor? before, Tensor? gradient)
        {
            if (before is { requires_grad: true } && gradient is not null) open.Add((before, gradient));
        }
        Add(before.Video, tokens.Video);
        Add(before.Audio, tokens.Audio);
        foreach ((Tensor before, Tensor behind) in cuts) Add(before, behind.grad);
        // At once: they come from the same layers.
        if (open.Count > 0) autograd.backward([.. open.Select(cut => cut.Before)], [.. open.Select(cut => cut.Gradient)]);
    }

    private TokenModulation Cut(TokenModulation modulation)
    {
        if (!modulation.Values.requires_grad) return modulation;
        Tensor behind = modulation.Values.detach().requires_grad_(true);
        cuts.Add((modulation.Values, behind));
        return modulation with { Values = behind };
    }
}
