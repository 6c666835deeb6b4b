using System.Runtime.InteropServices;

namespace Ltx.Video.Writing;

/// <summary>Raw interleaved 32-bit float samples in a file, which ffmpeg reads as f32le.</summary>
internal static class SampleFile
{
    private const int BlockSamples = 16384;

    /// <summary>Writes exactly <paramref name="sampleCount"/> samples a channel: cut off, or with silence behind.</summary>
    public static async Task WriteAsync(string path, AudioClip audio, long sampleCount, CancellationToken cancellationToken)
    {
        var channels = audio.Channels.Count;
        var block = new float[BlockSamples * channels];
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        for (var start = 0L; start < sampleCount; start += BlockSamples)
        {
            var length = (int)Math.Min(BlockSamples, sampleCount - start);
            for (var sample = 0; sample < length; sample++)
            {
                for (var channel = 0; channel < channels; channel++)
                {
                    block[(sample * channels) + channel] =
                        start + sample < audio.SampleCount ? audio.Channels[channel][start + sample] : 0;
                }
            }

            await file.WriteAsync(MemoryMarshal.AsBytes(block.AsSpan(0, length * channels)).ToArray(), cancellationToken).ConfigureAwait(false);
        }
    }
}
