using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.AudioVae;

/// <summary>
/// Log-mel spectrogram to waveform: a generator at the low rate, and a second one that adds what the low rate cannot hold.
/// Computes in float32 whatever it is given: in bfloat16 the errors of its 108 convolutions in a row become audible.
/// Source: packages/ltx-core/src/ltx_core/model/audio_vae/vocoder.py (VocoderWithBWE) at 400fd31.
/// </summary>
internal sealed class Vocoder : IDisposable
{
    private readonly VocoderConfig config;
    private readonly ScalarType type;
    private readonly WaveGenerator generator, extension;
    private readonly CausalMelSpectrogram spectrogram;
    private readonly HannUpsampler upsampler;

    /// <param name="scope"><c>vocoder</c>, of a component whose type is float32 or wider</param>
    /// <param name="config">sizes and rates</param>
    /// <param name="melBins">bands of the input</param>
    internal Vocoder(WeightScope scope, VocoderConfig config, int melBins)
    {
        type = scope.Type;
        if (type != type.AtLeastFloat32()) throw new ArgumentException($"The vocoder's weights must be loaded as float32, not {type}.", nameof(scope));
        this.config = config;
        generator = new WaveGenerator(scope["vocoder"], config.Base, melBins);
        extension = new WaveGenerator(scope["bwe_generator"], config.Extension, config.MelBins);
        spectrogram = new CausalMelSpectrogram(scope["mel_stft"], config);
        upsampler = new HannUpsampler(config.Ratio, scope.Device, type);
    }

    /// <param name="mel">[B, 2, T, M], natural logarithms, any type</param>
    /// <returns>[B, 2, S] in -1 ... 1 at the output rate, in the weights' type; S = T * samples per frame * output rate / input rate</returns>
    internal Tensor Vocode(Tensor mel)
    {
        using var scope = NewDisposeScope();
        // [B, 2, T, M] -> [B, 2, M, T]
        Tensor low = generator.Forward(mel.to(type).transpose(2, 3));
        low = config.Base.FinalTanh ? low.tanh_() : low.clamp_(-1, 1);
        long length = low.shape[2] * config.OutputRate / config.InputRate, rest = low.shape[2] % config.HopLength;
        if (rest != 0) low = nn.functional.pad(low, [0, config.HopLength - rest]);
        Tensor high = extension.Forward(spectrogram.Forward(low));
        high = high.add_(upsampler.Forward(low)).clamp_(-1, 1);
        return high.narrow(2, 0, length).contiguous().MoveToOuterDisposeScope();
    }

    public void Dispose() => upsampler.Dispose();
}
