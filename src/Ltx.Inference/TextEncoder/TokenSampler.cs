using static TorchSharp.torch;

namespace Ltx.Inference.TextEncoder;

/// <summary>
/// Draws tokens: temperature, then top-k, then top-p, then a draw from torch's CPU generator (the order and the ties of
/// huggingface/transformers).
/// </summary>
internal sealed class TokenSampler(GenerationSettings settings, GenerationConfig config) : IDisposable
{
    private readonly Generator generator = new(settings.Seed, CPU);

    /// <param name="logits">[1, vocabulary]</param>
    public int Next(Tensor logits)
    {
        using var scope = NewDisposeScope();
        // What is drawn must not depend on the device.
        Tensor scores = logits.squeeze(0).to(ScalarType.Float32).cpu();
        if (!scores.isfinite().all().item<bool>()) throw new InferenceException(Fault.Internal, "The text model gave numbers that are not finite; its weights or the numeric type are not fit for this prompt.");
        if (!settings.Sample) return (int)scores.argmax().item<long>();
        scores /= settings.Temperature;
        if (config.TopK is { } topK && topK < scores.shape[0]) scores = KeepMostProbable(scores, topK);
        if (config.TopP is { } topP) scores = KeepShare(scores, topP);
        return (int)multinomial(scores.softmax(-1), 1, replacement: false, generator).item<long>();
    }

    public void Dispose() => generator.Dispose();

    private static Tensor KeepMostProbable(Tensor scores, int count)
    {
        Tensor least = scores.topk(count).values[-1];
        return scores.masked_fill(scores < least, double.NegativeInfinity);
    }

    // Takes away the least probable tokens as long as they hold no more than the rest of the share; the best one always stays.
    private static Tensor KeepShare(Tensor scores, double share)
    {
        (Tensor ascending, Tensor order) = scores.sort(-1, descending: false, stable: false);
        Tensor surplus = ascending.softmax(-1).cumsum(-1) <= 1 - share;
        surplus[-1] = false;
        return scores.masked_fill(zeros_like(surplus).scatter(0, order, surplus), double.NegativeInfinity);
    }
}
