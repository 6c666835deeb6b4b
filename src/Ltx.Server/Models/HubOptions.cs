namespace Ltx.Server.Models;

/// <summary>Where and how the hub is asked.</summary>
/// <param name="Endpoint">the hub or a mirror of it</param>
/// <param name="Token">sent to the endpoint alone; null for none</param>
internal sealed record HubOptions(Uri Endpoint, string? Token)
{
    /// <summary>Ranges of one file at once: one connection seldom fills a line.</summary>
    public int Connections { get; init; } = 4;

    /// <summary>Bytes of a range: what a killed process loses of each connection.</summary>
    public long SegmentBytes { get; init; } = 32L << 20;

    /// <summary>Tries in a row without a byte of progress.</summary>
    public int MaxAttempts { get; init; } = 6;

    /// <summary>Pause before the second try; doubled before each further one.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>No pause is longer; a server that asks for more is not waited for.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A silence that counts as a lost connection.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);
}
