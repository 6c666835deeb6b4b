namespace Ltx.Server.Fetch;

/// <summary>A LoRA on the disk. <see cref="LoraCache"/> alone changes it, under its lock.</summary>
internal sealed class CachedLora(string sha256, string filePath, long length)
{
    public string Sha256 { get; } = sha256;

    public string FilePath { get; } = filePath;

    public long Length { get; } = length;

    public int Pins { get; set; }

    public DateTime LastUsed { get; set; }
}
