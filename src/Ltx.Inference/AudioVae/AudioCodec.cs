using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.AudioVae;

/// <summary>
/// Sound to latent and back, with all its weights: the audio VAE in the type of the caller's choice, the vocoder in float32 at least.
/// Source: packages/ltx-pipelines/src/ltx_pipelines/utils/blocks.py (AudioConditioner, AudioDecoder) at 400fd31.
/// </summary>
public sealed class AudioCodec : IDisposable
{
    private readonly VocoderConfig vocoderConfig;
    private readonly ComponentWeights vaeWeights, vocoderWeights;
    private readonly AudioEncoder? encoder;
    private readonly AudioDecoder? decoder;
    private readonly Vocoder? vocoder;

    /// <param name="checkpoint">the monolith; must stay open as long</param>
    /// <param name="device">where to compute</param>
    /// <param name="type">floating-point type of the VAE</param>
    /// <exception cref="WeightsException">The checkpoint has no audio VAE and vocoder of the architecture that is built here.</exception>
    public AudioCodec(Checkpoint checkpoint, Device device, ScalarType type)
    {
        Config = AudioVaeConfig.Read(checkpoint.Config);
        vocoderConfig = VocoderConfig.Read(checkpoint.Config);
        vaeWeights = checkpoint.Component("audio_vae.", device, type);
        vocoderWeights = checkpoint.Component("vocoder.", device, type.AtLeastFloat32());
        try
        {
            WeightScope vae = vaeWeights.Root;
            LatentStatistics statistics = new(vae["per_channel_statistics"], Config.LatentChannels, Config.LatentMelBins);
            encoder = new AudioEncoder(vae["encoder"], Config, statistics);
            decoder = new AudioDecoder(vae["decoder"], Config, statistics);
            vaeWeights.Complete();
            vocoder = new Vocoder(vocoderWeights.Root, vocoderConfig, Config.MelBins);
            vocoderWeights.Complete();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Sizes and rates of the VAE.</summary>
    public AudioVaeConfig Config { get; }

    /// <summary>Samples per second of what <see cref="Decode"/> returns; 48000 in LTX-2.3.</summary>
    public int OutputRate => vocoderConfig.OutputRate;

    /// <summary>Fewest samples at the VAE's rate that can be encoded: the spectrogram reflects half a window at either end.</summary>
    public int MinimumSamples => Config.FilterLength / 2 + 1;

    /// <summary>
    /// Encodes a sound. The pipeline hands in samples at the VAE's rate; another rate is converted first, as the reference does.
    /// The latent is as long as the sound; a frozen latent is cut to the clip's frames by the caller, and a shorter
    /// sound is filled up with silence before it comes here.
    /// </summary>
    /// <param name="waveform">[B, 2, S] in -1 ... 1; a mono sound is doubled by the caller</param>
    /// <param name="sampleRate">samples per second, null for the VAE's own</param>
    /// <returns>normalised latent [B, C, T, F] on the codec's device, in the VAE's type</returns>
    /// <exception cref="InferenceException">The sound is shorter than <see cref="MinimumSamples"/>.</exception>
    public Tensor Encode(Tensor waveform, int? sampleRate = null)
    {
        if (waveform.dim() != 3 || waveform.shape[1] != AudioVaeConfig.Stereo) throw new ArgumentException($"A waveform is [B, 2, S], not [{string.Join(", ", waveform.shape)}].", nameof(waveform));
        using var scope = NewDisposeScope();
        Tensor samples = SampleRateConverter.Convert(waveform.to(vaeWeights.Type.AtLeastFloat32(), vaeWeights.Device), sampleRate ?? Config.SampleRate, Config.SampleRate);
        if (samples.shape[2] < MinimumSamples) throw new InferenceException(Fault.Input, $"The sound has {samples.shape[2]} samples, and at least {MinimumSamples} are needed to encode it.");
        return encoder!.Encode(samples).MoveToOuterDisposeScope();
    }

    /// <param name="latent">normalised, [B, C, T, F]</param>
    /// <returns>waveform [B, 2, S] in -1 ... 1 at <see cref="OutputRate"/>, in the vocoder's type</returns>
    public Tensor Decode(Tensor latent)
    {
        using var scope = NewDisposeScope();
        return Vocode(DecodeMel(latent)).MoveToOuterDisposeScope();
    }

    /// <summary>The first half of <see cref="Decode"/>.</summary>
    /// <param name="latent">normalised, [B, C, T, F]</param>
    /// <returns>[B, 2, 4T - 3, mel bins], natural logarithms</returns>
    internal Tensor DecodeMel(Tensor latent)
    {
        if (latent.dim() != 4 || latent.shape[1] != Config.LatentChannels || latent.shape[2] < 1 || latent.shape[3] != Config.LatentMelBins)
        {
            throw new ArgumentException($"An audio latent is [B, {Config.LatentChannels}, T, {Config.LatentMelBins}] here, not [{string.Join(", ", latent.shape)}].", nameof(latent));
        }
        using var scope = NewDisposeScope();
        return decoder!.Decode(latent.to(vaeWeights.Device)).MoveToOuterDisposeScope();
    }

    /// <summary>The second half.</summary>
    internal Tensor Vocode(Tensor mel) => vocoder!.Vocode(mel);

    public void Dispose()
    {
        encoder?.Dispose();
        vocoder?.Dispose();
        vaeWeights.Dispose();
        vocoderWeights.Dispose();
    }
}
