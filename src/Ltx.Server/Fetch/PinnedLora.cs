namespace Ltx.Server.Fetch;

/// <summary>A cached LoRA that stays on the disk until this pin and all others on it are disposed.</summary>
internal sealed class PinnedLora(LoraCache cache, CachedLora lora, string? contentType) : IDisposable
{
    private LoraCache? cache = cache;

    public string Sha256 => lora.Sha256;

    public string Path => lora.FilePath;

    public long Length => lora.Length;

    public string? ContentType { get; } = contentType;

    /// <summary>A pin of its own on the same LoRA. Call only while this one holds.</summary>
    public PinnedLora Again() => (cache ?? throw new ObjectDisposedException(nameof(PinnedLora))).PinAgain(lora, ContentType);

    public void Dispose() => Interlocked.Exchange(ref cache, null)?.Release(lora);
}
