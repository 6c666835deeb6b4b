namespace Ltx.Video;

/// <summary>A piece of sound in memory.</summary>
public sealed record AudioClip
{
    /// <param name="channels">[channel][sample], each from -1 to 1, all of one length.</param>
    /// <param name="sampleRate">Samples per second of each channel.</param>
    /// <exception cref="ArgumentException">There is no channel, or their lengths differ.</exception>
    public AudioClip(IReadOnlyList<float[]> channels, int sampleRate)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sampleRate);
        if (channels.Count == 0 || channels.Any(channel => channel.Length != channels[0].Length))
        {
            throw new ArgumentException("A clip has at least one channel, and all are of one length.", nameof(channels));
        }

        Channels = channels;
        SampleRate = sampleRate;
    }

    /// <summary>[channel][sample]: left, right.</summary>
    public IReadOnlyList<float[]> Channels { get; }

    /// <summary>Samples per second of each channel.</summary>
    public int SampleRate { get; }

    /// <summary>Samples of each channel.</summary>
    public int SampleCount => Channels[0].Length;
}
