using Ltx.Inference.AudioVae;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.AudioVae;

[Collection(Alone.Name)]
public class AudioCodecTests : IDisposable
{
    private readonly Checkpoint checkpoint = Checkpoint.Open(ModelFolder.Open(Repository.Miniature).Checkpoint);

    public void Dispose()
    {
        checkpoint.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Sizes_types_and_bounds(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using AudioCodec codec = new(checkpoint, CPU, type);
        Tensor latent = codec.Encode(Seeded.Normal(1, [1, 2, 8000]) * 0.1);
        // 8000 / 160 + 1 = 51 mel frames, halved twice and rounded up
        Assert.Equal([1, 4, 13, 16], latent.shape);
        Assert.Equal(type, latent.dtype);
        Tensor waveform = codec.Decode(latent);
        Assert.Equal([1, 2, (4 * 13 - 3) * 160 * 3], waveform.shape);
        Assert.Equal(ScalarType.Float32, waveform.dtype);
        Assert.True(waveform.isfinite().all().item<bool>());
        Assert.True(waveform.abs().max().item<float>() is > 0 and <= 1);
        Assert.Equal(48000, codec.OutputRate);
    }

    [Fact]
    public void One_latent_frame_decodes()
    {
        using var scope = NewDisposeScope();
        using AudioCodec codec = new(checkpoint, CPU, ScalarType.Float32);
        Assert.Equal([2, 2, 480], codec.Decode(Seeded.Normal(1, [2, 4, 1, 16])).shape);
    }

    [Fact]
    public void A_batch_is_its_members()
    {
        using var scope = NewDisposeScope();
        using AudioCodec codec = new(checkpoint, CPU, ScalarType.Float32);
        Tensor samples = Seeded.Normal(1, [2, 2, 4000]) * 0.1;
        Tensor both = codec.Encode(samples), second = codec.Encode(samples[1].unsqueeze(0));
        Assert.True(both[1].allclose(second[0], atol: 1e-4));
    }

    [Fact]
    public void Another_rate_is_converted_first()
    {
        using var scope = NewDisposeScope();
        using AudioCodec codec = new(checkpoint, CPU, ScalarType.Float32);
        Tensor samples = Seeded.Normal(1, [1, 2, 24000]) * 0.1;
        Assert.Equal(codec.Encode(SampleRateConverter.Convert(samples, 48000, 16000)).shape, codec.Encode(samples, 48000).shape);
        Assert.Equal([1, 4, 13, 16], codec.Encode(samples, 48000).shape);
    }

    [Fact]
    public void What_cannot_be_coded_is_refused()
    {
        using var scope = NewDisposeScope();
        using AudioCodec codec = new(checkpoint, CPU, ScalarType.Float32);
        Assert.Throws<ArgumentException>(() => codec.Encode(zeros(1, 1, 8000)));
        Assert.Throws<ArgumentException>(() => codec.Encode(zeros(2, 8000)));
        Assert.Contains("513", Assert.Throws<InferenceException>(() => codec.Encode(zeros(1, 2, 512))).Message, StringComparison.Ordinal);
        Assert.Equal([1, 4, 1, 16], codec.Encode(zeros(1, 2, codec.MinimumSamples)).shape);
        Assert.Throws<ArgumentException>(() => codec.Decode(zeros(1, 4, 5, 15)));
        Assert.Throws<ArgumentException>(() => codec.Decode(zeros(1, 4, 0, 16)));
    }

    [Fact]
    public void Neither_a_codec_nor_its_calls_leave_a_tensor_behind()
    {
        using Tensor samples = Seeded.Normal(1, [1, 2, 4000]);
        long before = LiveTensors.Before();
        using (AudioCodec codec = new(checkpoint, CPU, ScalarType.Float32))
        {
            long loaded = Tensor.TotalCount;
            using (Tensor latent = codec.Encode(samples))
            using (codec.Decode(latent))
            {
                Assert.Equal(loaded + 2, Tensor.TotalCount);
            }
            Assert.Equal(loaded, Tensor.TotalCount);
        }
        Assert.Equal(before, Tensor.TotalCount);
    }
}
