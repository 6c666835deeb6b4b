namespace Ltx.Inference.TextEncoder;

/// <summary>Keys and values of a text so far, so that the next token costs one position only. Sliding layers keep their window.</summary>
internal sealed class KeyValueCache(GemmaConfig config) : IDisposable
{
    /// <summary>One a layer.</summary>
    public IReadOnlyList<LayerCache> Layers { get; } = [.. config.IsSliding.Select(sliding => new LayerCache(sliding ? config.SlidingWindow : null))];

    /// <summary>Positions so far.</summary>
    public long Length { get; set; }

    public void Dispose()
    {
        foreach (LayerCache layer in Layers) layer.Dispose();
    }
}
