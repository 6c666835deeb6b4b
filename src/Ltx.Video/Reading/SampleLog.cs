using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Ltx.Video.Reading;

/// <summary>
/// Puts decoded samples where they belong in time. ffmpeg rebuilds its filters where a track's layout changes, and whatever they knew of time is lost; so they
/// only convert, and say for each block of samples when it is heard (the filter "ashowinfo", in front of the mixing and at the end).
/// </summary>
/// <param name="track">number of the stream</param>
/// <param name="from">seconds on ffmpeg's clock of the file: of interest are packets from here</param>
/// <param name="to">seconds, to here</param>
/// <param name="sampleRate">of the samples given</param>
/// <param name="channels">of the samples given</param>
internal sealed partial class SampleLog(int track, double from, double to, int sampleRate, int channels)
{
    // ffmpeg's mixing lowers a single channel by 3 dB when it makes two of it.
    private const float MonoGain = 1.41421356f;

    // Time stamps are rounded, to a millisecond at worst, and shake where a browser recorded; a block that is out of step by more belongs elsewhere. Lip
    // movements are seen to be off from about twice of this on.
    private const double Tolerance = 0.015;

    private readonly List<(long Begin, int Count, bool IsMono)> blocks = [];
    private bool isMono;

    /// <summary>Packets that could not be decoded.</summary>
    public int Lost { get; private set; }

    /// <summary>Packets that hold something of what is of interest, decodable or not: some decoders pass over what is broken without a word.</summary>
    public int Packets { get; private set; }

    /// <summary>Samples of each channel that came, silence not counted.</summary>
    public long Count => blocks.Sum(block => (long)block.Count);

    /// <summary>Seconds that a packet holds, about.</summary>
    public double BlockSeconds => blocks.Count == 0 ? 0 : (double)Count / blocks.Count / sampleRate;

    /// <summary>True: the line is of no use to a person.</summary>
    public bool Hear(string line)
    {
        if (Block().Match(line) is { Success: true } block)
        {
            if (block.Groups["filter"].Value == "0")
            {
                isMono = block.Groups["channels"].Value == "1";
            }
            else
            {
                blocks.Add((
                    long.Parse(block.Groups["pts"].ValueSpan, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture),
                    int.Parse(block.Groups["count"].ValueSpan, CultureInfo.InvariantCulture),
                    isMono));
            }

            return true;
        }

        if (DecodeLog.SaysPacketIsLost(line))
        {
            Lost++;
        }
        else if (Packet().Match(line) is { Success: true } packet
            && int.Parse(packet.Groups["stream"].ValueSpan, CultureInfo.InvariantCulture) == track
            && double.Parse(packet.Groups["time"].ValueSpan, CultureInfo.InvariantCulture) is var time && time >= from && time < to)
        {
            Packets++;
        }

        return DecodeLog.SaysNothingBad(line);
    }

    /// <summary>Deals the blocks out to the channels; what nothing was given for stays silent.</summary>
    /// <param name="interleaved">Little-endian floats, as ffmpeg gave them.</param>
    /// <param name="start">The first sample's time on ffmpeg's clock of the file.</param>
    /// <param name="samples">[channel][sample]</param>
    public void Place(ReadOnlySpan<byte> interleaved, TimeSpan start, float[][] samples)
    {
        var values = MemoryMarshal.Cast<byte, float>(interleaved);
        var origin = (long)Math.Round(start.TotalSeconds * sampleRate);
        long? next = null;
        foreach (var (begin, count, mono) in blocks)
        {
            var block = values[..Math.Min(values.Length, count * channels)];
            values = values[block.Length..];
            var at = next is { } expected && Math.Abs(begin - origin - expected) <= Tolerance * sampleRate ? expected : begin - origin;
            var gain = mono && channels == 2 ? MonoGain : 1;
            for (var i = Math.Max(0, -at); i < block.Length / channels && at + i < samples[0].Length; i++)
            {
                for (var channel = 0; channel < channels; channel++)
                {
                    samples[channel][at + i] = block[(int)(i * channels) + channel] * gain;
                }
            }

            next = at + count;
        }
    }

    [GeneratedRegex(@"^\[Parsed_ashowinfo_(?<filter>\d+) @ [^\]]*\] \[info\] n:\d+ pts:(?<pts>-?\d+) .*\bchannels:(?<channels>\d+) .*\bnb_samples:(?<count>\d+)")]
    private static partial Regex Block();

    [GeneratedRegex(@"^(\[[^\]]*\] )*\[info\] demuxer\+ffmpeg -> ist_index:\d+:(?<stream>\d+) .*?\bpkt_pts_time:(?<time>-?\d[\d.e+-]*)")]
    private static partial Regex Packet();
}
