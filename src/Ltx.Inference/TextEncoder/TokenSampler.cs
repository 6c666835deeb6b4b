using static TorchSharp.torch;

namespace Ltx.Inference.TextEncoder;

/// <summary>
/// Draws tokens: temperature, then top-k, then top-p, then a draw from torch's CPU generator (the order, the ties and the tokens of
/// huggingface/transformers).
/// </summary>
internal sealed class TokenSampler(GenerationSettings settings, GenerationConfig config) : IDisposable
{
    private readonly Generator generator = new(settings.Seed, CPU);

    /// <param name="logits">[1, vocabulary]</param>
    public int Next(Tensor logits)
    {
        using var scope = NewDisposeScope();
        // Drawn before the logits are waited for: this takes as long as a device takes for a token, and needs nothing of it.
        Tensor? chances = settings.Sample ? empty([logits.shape[1]], ScalarType.Float32).exponential_(1, generator) : null;
        // What is drawn must not depend on the device.
        Tensor scores = logits.squeeze(0).to(ScalarType.Float32).cpu();
        if (!scores.isfinite().all().item<bool>()) throw new InferenceException(Fault.Internal, "The text model gave numbers that are not finite; its weights or the numeric type are not fit for this prompt.");
        if (chances is null) return (int)scores.argmax().item<long>();
        scores /= settings.Temperature;
        Tensor? tokens = null;
        // From here on, of a vocabulary of a quarter of a million, only the few that can be drawn are looked at.
        if (config.TopK is { } topK && topK < scores.shape[0])
        {
            tokens = MostProbable(scores, topK);
            (scores, chances) = (scores.index_select(0, tokens), chances.index_select(0, tokens));
        }
        if (config.TopP is { } topP) scores = KeepShare(scores, topP);
        // What torch.multinomial does for a single draw (aten/src/ATen/native/Distributions.cpp, 2.10): p / q is largest for a token with probability p.
        Tensor drawn = (scores.softmax(-1) / chances).argmax();
        return (int)(tokens is null ? drawn : tokens[drawn]).item<long>();
    }

    public void Dispose() => generator.Dispose();

    // Those as probable as the last of the most probable, which may be a few more; in the order of the vocabulary.
    private static Tensor MostProbable(Tensor scores, int count) => (scores >= scores.topk(count).values[-1]).nonzero().squeeze(1);

    // Takes away the least probable tokens as long as they hold no more than the rest of the share; the best one always stays.
    private static Tensor KeepShare(Tensor scores, double share)
    {
        (Tensor ascending, Tensor order) = scores.sort(-1, descending: false, stable: true);
        Tensor surplus = ascending.softmax(-1).cumsum(-1) <= 1 - share;
        surplus[-1] = false;
        return scores.masked_fill(zeros_like(surplus).scatter(0, order, surplus), double.NegativeInfinity);
    }
}
