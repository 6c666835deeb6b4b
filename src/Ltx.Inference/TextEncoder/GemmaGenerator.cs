using static TorchSharp.torch;

namespace Ltx.Inference.TextEncoder;

/// <summary>Lets Gemma continue a text, token by token.</summary>
internal sealed class GemmaGenerator(GemmaEncoder model, GenerationConfig config)
{
    /// <param name="prompt">the text so far, at least one token</param>
    /// <param name="settings">how to choose tokens</param>
    /// <param name="cancellation">asked once a token</param>
    /// <param name="cached">keeps keys and values; without, every token costs a pass over the whole text, with the same result</param>
    /// <param name="image">a picture within the prompt; null for none</param>
    /// <returns>the ids that follow, the stop token included where one came</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IReadOnlyList<int> Generate(IReadOnlyList<int> prompt, GenerationSettings settings, CancellationToken cancellation, bool cached = true, ImageSpan? image = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(prompt.Count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.Temperature);
        using var gradients = no_grad();
        using TokenSampler sampler = new(settings, config);
        using KeyValueCache? cache = cached ? new KeyValueCache(model.Config) : null;
        List<int> text = [.. prompt];
        int seen = 0;
        while (text.Count - prompt.Count < settings.MaxTokens)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            Tensor ids = tensor(text.Skip(seen).Select(id => (long)id).ToArray()).unsqueeze(0);
            text.Add(sampler.Next(model.NextLogits(ids, cache, seen == 0 ? image : null)));
            if (config.StopTokens.Contains(text[^1])) break;
            if (cached) seen = text.Count - 1;
        }
        return text[prompt.Count..];
    }
}
