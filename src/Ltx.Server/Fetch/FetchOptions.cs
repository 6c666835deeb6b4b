namespace Ltx.Server.Fetch;

/// <summary>The downloader: what it may reach, how much it takes, how long it waits, and what it keeps.</summary>
internal sealed class FetchOptions
{
    public const string Section = "Fetch";

    /// <summary>Folders below which <c>file:</c> URLs may read. Empty: none may.</summary>
    public IList<string> AllowedFolders { get; set; } = [];

    /// <summary>
    /// Hosts of one's own network that may be reached, for inputs and webhooks: <c>nas.lan</c>, <c>*.lan</c>, <c>10.0.0.5</c>, <c>10.0.0.5:9000</c>,
    /// <c>10.0.0.0/8</c>.
    /// </summary>
    public IList<string> AllowedPrivateHosts { get; set; } = [];

    /// <summary>A video or a mask. 1 GiB: the longest input that is used, 481 frames, is 8 s at 60 fps, and that is 1 Gbit/s for 8 s.</summary>
    public long MaxVideoBytes { get; set; } = 1L << 30;

    /// <summary>fal: "Max size: 3 GB per LoRA", read as 3 GiB.</summary>
    public long MaxLoraBytes { get; set; } = 3L << 30;

    /// <summary>A data set to train with. Set from Training:MaxDataSetBytes.</summary>
    internal long MaxDataSetBytes { get; set; } = 20L << 30;

    /// <summary>Name look-up, TCP and TLS together.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest silence of a server, before its headers and between two reads. fal's downloader waits 30 s.</summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The slowest server that is waited for, over each <see cref="IdleTimeout"/>: 256 kbit/s. A worker waits for its inputs. 0 = any.</summary>
    public double MinBytesPerSecond { get; set; } = 32 * 1024;

    /// <summary>One file with all its redirects and tries: 3 GiB at 15 Mbit/s. A data set, which may be larger, may take as much longer.</summary>
    public TimeSpan TotalTimeout { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>fal follows 5.</summary>
    public int MaxRedirects { get; set; } = 5;

    /// <summary>The first try and those after a dropped connection or a server's 429 or 5xx.</summary>
    public int MaxAttempts { get; set; } = 5;

    /// <summary>The wait before the second try; it doubles with each further one.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a server that should have closed the connection may still send what it should not. Local servers need microseconds. No setting: tests wait longer.</summary>
    internal TimeSpan ExcessGrace { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Where downloads and cached LoRAs lie; empty for `cache` in the data folder. Used by one process at a time.</summary>
    public string CacheFolder { get; set; } = "";

    /// <summary>What cached LoRAs may take: the least recently used ones go first. Those in use never go, so that the sum may pass this for a while.</summary>
    public long CacheBytes { get; set; } = 50L << 30;

    /// <summary>Optional credentials, one an origin.</summary>
    public IList<HostToken> HostTokens { get; set; } = [];
}
