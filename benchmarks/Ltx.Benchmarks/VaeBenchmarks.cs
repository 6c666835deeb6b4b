using BenchmarkDotNet.Attributes;
using Ltx.Inference.AudioVae;
using Ltx.Inference.Upsampler;
using Ltx.Inference.VideoVae;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Benchmarks;

/// <summary>Pixels and sound to latents and back: 9 frames of 256x256, one second of sound.</summary>
public class VaeBenchmarks
{
    private const int Frames = 9, Side = 256, LatentSide = Side / 32, LatentFrames = 2, SoundFrames = 25;

    private static readonly VideoTiling Tiles = new(AxisTiling.None, new AxisTiling(128, 64), new AxisTiling(128, 64));

    private Checkpoint checkpoint = null!;
    private VideoEncoder encoder = null!;
    private VideoDecoder decoder = null!;
    private LatentUpsampler upsampler = null!;
    private AudioCodec audio = null!;
    private Tensor clip = null!, latent = null!, sound = null!, waveform = null!;

    [GlobalSetup]
    public void Setup()
    {
        checkpoint = Miniature.OpenCheckpoint();
        encoder = VideoEncoder.Load(checkpoint, CPU, ScalarType.Float32);
        decoder = VideoDecoder.Load(checkpoint, CPU, ScalarType.Float32);
        upsampler = LatentUpsampler.Load(Miniature.Folder.Upscaler, CPU, ScalarType.Float32);
        audio = new AudioCodec(checkpoint, CPU, ScalarType.Float32);
        using Tensor noise = rand([1, 3, Frames, Side, Side]);
        clip = (noise * 2 - 1).DetachFromDisposeScope();
        latent = Miniature.Random(1, decoder.Config.LatentChannels, LatentFrames, LatentSide, LatentSide);
        sound = Miniature.Random(1, audio.Config.LatentChannels, SoundFrames, audio.Config.LatentMelBins);
        waveform = Miniature.Random(1, 2, audio.Config.SampleRate);
    }

    [Benchmark(Description = "encode a clip")]
    public void Encode() => encoder.Encode(clip).Dispose();

    [Benchmark(Description = "encode a clip in tiles")]
    public void EncodeTiled() => encoder.EncodeTiled(clip, Tiles).Dispose();

    [Benchmark(Description = "decode a clip")]
    public void Decode() => decoder.Decode(latent).Dispose();

    [Benchmark(Description = "decode a clip in tiles")]
    public void DecodeTiled()
    {
        foreach (Tensor piece in decoder.DecodeTiled(latent, Tiles)) piece.Dispose();
    }

    [Benchmark(Description = "enlarge a latent")]
    public void Upsample() => upsampler.Upsample(latent, encoder.Statistics).Dispose();

    [Benchmark(Description = "decode sound: audio VAE and vocoder")]
    public void DecodeSound() => audio.Decode(sound).Dispose();

    [Benchmark(Description = "encode sound")]
    public void EncodeSound() => audio.Encode(waveform).Dispose();

    [GlobalCleanup]
    public void Cleanup()
    {
        audio.Dispose();
        upsampler.Dispose();
        decoder.Dispose();
        encoder.Dispose();
        checkpoint.Dispose();
    }
}
