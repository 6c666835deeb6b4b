using Ltx.Inference.AudioVae;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.AudioVae;

[Fast]
public class FrontEndTests
{
    [Fact]
    public void Mel_filters_are_triangles_of_unit_area_without_gaps()
    {
        using var scope = NewDisposeScope();
        Tensor filters = MelFilterBank.Create(16000, 16384, 64);
        Assert.Equal([64, 8193], filters.shape);
        // area = sum of weights times the width of a bin in hertz
        Tensor areas = filters.sum(1) * (16000.0 / 16384);
        Assert.True(areas.allclose(ones(64), rtol: 1e-2));
        Assert.True((filters >= 0).all().item<bool>());
        // Slaney's scale: 1000 Hz is mel 15, and 8 kHz is mel 15 + 27 ln 8 / ln 6.4.
        double spacing = (15 + 27 * Math.Log(8) / Math.Log(6.4)) / 65;
        Assert.InRange(filters[0].argmax().item<long>() * 16000.0 / 16384, spacing * 200 / 3 - 1, spacing * 200 / 3 + 1);
    }

    [Fact]
    public void Silence_is_the_logarithm_of_the_floor()
    {
        using var scope = NewDisposeScope();
        using MelSpectrogram spectrogram = new(new AudioVaeConfig(16000, 160, 1024, 64, 128, [1, 2, 4], 2, 8), CPU);
        Tensor mel = spectrogram.Forward(zeros(1, 2, 1600));
        Assert.Equal([1, 2, 11, 64], mel.shape);
        Assert.True(mel.allclose(full_like(mel, MathF.Log(1e-5f))));
    }

    [Theory]
    [InlineData(44100, 16000)]
    [InlineData(48000, 16000)]
    [InlineData(8000, 16000)]
    [InlineData(22050, 48000)]
    public void A_tone_keeps_its_pitch_and_phase(int from, int to)
    {
        using var scope = NewDisposeScope();
        Tensor Tone(int rate, long samples) => (arange(samples, ScalarType.Float64) * (2 * Math.PI * 440 / rate)).sin().to(ScalarType.Float32).reshape(1, 1, -1).expand(1, 2, -1);
        Tensor converted = SampleRateConverter.Convert(Tone(from, 4001), from, to);
        Assert.Equal([1, 2, (4001L * to + from - 1) / from], converted.shape);
        long inside = converted.shape[2] - 200;
        Tensor difference = (converted - Tone(to, converted.shape[2])).narrow(2, 100, inside);
        Assert.InRange(difference.abs().max().item<float>(), 0, 5e-3f);
    }

    [Fact]
    public void A_constant_survives_the_whole_number_upsampler_to_its_edges()
    {
        using var scope = NewDisposeScope();
        using HannUpsampler upsampler = new(3, CPU);
        Tensor longer = upsampler.Forward(ones(1, 2, 50));
        Assert.Equal([1, 2, 150], longer.shape);
        Assert.True(longer.allclose(ones(1, 2, 150), atol: 5e-3));
    }
}
