using Ltx.Inference.Latents;
using Ltx.Inference.Native;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.VideoVae;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Training.Preparation;

/// <summary>Those of a model folder.</summary>
/// <param name="device">where they compute</param>
/// <param name="type">what in</param>
/// <param name="streamsText">whether the text encoder is read part by part for every caption, for devices that cannot hold it</param>
internal sealed class PreparationModels(ModelFolder folder, Device device, ScalarType type, bool streamsText = false) : IPreparationModels
{
    private VideoScale? scale;

    public ScalarType Type => type;

    /// <exception cref="WeightsException">The checkpoint cannot be read.</exception>
    public VideoScale Scale
    {
        get
        {
            if (scale is not null) return scale;
            using Checkpoint checkpoint = Checkpoint.Open(folder);
            return scale = VideoVaeConfig.Read(checkpoint.Config).Scale;
        }
    }

    public string ClipIdentity => ModelIdentity.Of(folder.Checkpoint);

    public string CaptionIdentity => $"{ModelIdentity.Of(folder.Checkpoint)} {ModelIdentity.Of(folder.TextEncoder)}";

    /// <exception cref="WeightsException">The model cannot be loaded.</exception>
    public IClipEncoder OpenClips() => new ClipEncoder(folder, device, type);

    /// <exception cref="WeightsException">The model cannot be loaded.</exception>
    public ICaptionEncoder OpenCaptions() => new CaptionEncoder(folder, device, type, streamsText);

    private sealed class ClipEncoder : IClipEncoder
    {
        private readonly Device device;
        private readonly Checkpoint checkpoint;
        private readonly VideoEncoder encoder;

        public ClipEncoder(ModelFolder folder, Device device, ScalarType type)
        {
            this.device = device;
            checkpoint = Checkpoint.Open(folder);
            try
            {
                // Channels side by side are what CUDA's convolutions want.
                encoder = VideoEncoder.Load(checkpoint, device, type, VideoVaeOptions.Default with { ChannelsLast = device.type == DeviceType.CUDA });
            }
            catch
            {
                checkpoint.Dispose();
                throw;
            }
        }

        public Tensor Encode(Tensor video)
        {
            using var noGradient = no_grad();
            return encoder.Encode(video);
        }

        public void Dispose()
        {
            encoder.Dispose();
            checkpoint.Dispose();
            DeviceCache.Empty(device);
        }
    }

    private sealed class CaptionEncoder : ICaptionEncoder
    {
        private readonly Device device;
        private readonly Checkpoint checkpoint;
        private readonly PromptEncoder encoder;

        public CaptionEncoder(ModelFolder folder, Device device, ScalarType type, bool streams)
        {
            this.device = device;
            checkpoint = Checkpoint.Open(folder);
            try
            {
                encoder = new PromptEncoder(folder, checkpoint, device, type, streams: streams);
            }
            catch
            {
                checkpoint.Dispose();
                throw;
            }
        }

        public Tensor Encode(string caption)
        {
            PromptContext context = encoder.Encode([caption]);
            context.Audio.Dispose();
            return context.Video;
        }

        public void Dispose()
        {
            encoder.Dispose();
            checkpoint.Dispose();
            DeviceCache.Empty(device);
        }
    }
}
