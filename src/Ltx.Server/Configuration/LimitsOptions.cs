using System.ComponentModel.DataAnnotations;

namespace Ltx.Server.Configuration;

/// <summary>What one caller may cost.</summary>
internal sealed class LimitsOptions
{
    /// <summary>The largest JSON body. Inputs may carry whole videos as data URIs, so this is far above Kestrel's 30 MB.</summary>
    [Range(1024, 2_000_000_000)]
    public long MaxBodyBytes { get; set; } = 256L << 20;

    /// <summary>Bodies over 1 MiB that may be in memory at the same time.</summary>
    [Range(1, 1000)]
    public int ConcurrentLargeBodies { get; set; } = 4;

    /// <summary>How long a large body waits for its turn: twice as long as a sender that has fallen asleep keeps one. Then 503.</summary>
    [Range(0, 3600)]
    public double BodyWaitSeconds { get; set; } = 60;

    /// <summary>How deep JSON may nest (Python's own parser gives up near 1000).</summary>
    [Range(8, 900)]
    public int MaxJsonDepth { get; set; } = 512;

    /// <summary>Connections at a time, but half of the files that the process may open at most.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 4096;

    /// <summary>Bytes of a call's headers together.</summary>
    [Range(1024, 1_048_576)]
    public int MaxHeaderBytes { get; set; } = 32768;

    /// <summary>How long a connection may take for its headers.</summary>
    [Range(1, 600)]
    public double HeaderTimeoutSeconds { get; set; } = 20;

    /// <summary>A connection on which nothing is asked for is closed after this.</summary>
    [Range(1, 3600)]
    public double IdleConnectionSeconds { get; set; } = 30;

    /// <summary>The slowest body that is waited for; a slower one is cut off with 408.</summary>
    [Range(0, 1_000_000)]
    public double MinBodyBytesPerSecond { get; set; } = 240;

    /// <summary>The slowest sender that may keep a turn (large bodies, uploads): 64 kbit/s.</summary>
    [Range(0, 100_000_000)]
    public double MinLargeBodyBytesPerSecond { get; set; } = 8192;

    /// <summary>The longest silence within a body, and the window in which those rates are held; then 408.</summary>
    [Range(1, 3600)]
    public double IdleBodySeconds { get; set; } = 30;

    /// <summary>Pixels of a frame above which a clip is worked on smaller (1920x1088); its result has the source's size all the same.</summary>
    [Range(4096, 100_000_000)]
    public long MaxPixels { get; set; } = 1920 * 1088;

    /// <summary>Pixels of a frame above which a source is refused (4096x4096).</summary>
    [Range(4096, 268_435_456)]
    public long MaxSourcePixels { get; set; } = SourceLimits.Default.Pixels;

    /// <summary>GB (10^9 bytes) that a request's frames and masks may take in memory, above which it is refused: 8 are 385 frames of 3840x2160.</summary>
    [Range(0.01, 1000)]
    public double MaxFrameGigabytes { get; set; } = SourceLimits.Default.FrameBytes / 1e9;

    internal SourceLimits OfSource => new(MaxSourcePixels, (long)(MaxFrameGigabytes * 1e9));
}
