using Ltx.Inference.AudioVae;
using Ltx.Inference.Latents;
using Ltx.Inference.Lora;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.Transformer;
using Ltx.Inference.Upsampler;
using Ltx.Inference.VideoVae;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Generation;

/// <summary>Every model of a folder, loaded once and kept.</summary>
internal sealed class InpaintModels : IDisposable
{
    private readonly Stack<IDisposable> owned = new();

    /// <exception cref="WeightsException">A file is missing, damaged, or of another architecture.</exception>
    public InpaintModels(ModelFolder folder, Device device, ScalarType type)
    {
        try
        {
            Checkpoint checkpoint = Own(Checkpoint.Open(folder.Checkpoint));
            Device = device;
            Type = type;
            // Channels side by side are what CUDA's convolutions want.
            VideoVaeOptions vae = VideoVaeOptions.Default with { ChannelsLast = device.type == TorchSharp.DeviceType.CUDA };
            Text = Own(new PromptEncoder(folder, checkpoint, device, type));
            VideoEncoder = Own(VideoEncoder.Load(checkpoint, device, type, vae));
            VideoDecoder = Own(VideoDecoder.Load(checkpoint, device, type, vae));
            Audio = Own(new AudioCodec(checkpoint, device, type));
            Upsampler = Own(LatentUpsampler.Load(folder.Upscaler, device, type));
            Transformer = Own(new LtxTransformer(checkpoint, device, type));
            Merger = new LoraMerger(Transformer);
            Distilled = folder.DistilledLora is { } distilled ? Own(LoraFile.Open(distilled)) : null;
            Adapter = folder.InpaintAdapter is { } adapter ? Own(LoraFile.Open(adapter)) : null;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public Device Device { get; }

    public ScalarType Type { get; }

    public PromptEncoder Text { get; }

    public VideoEncoder VideoEncoder { get; }

    public VideoDecoder VideoDecoder { get; }

    public AudioCodec Audio { get; }

    public LatentUpsampler Upsampler { get; }

    public LtxTransformer Transformer { get; }

    public LoraMerger Merger { get; }

    /// <summary>Null where the model has none.</summary>
    public LoraFile? Distilled { get; }

    /// <summary>The in/outpainting adapter; null where it is not installed.</summary>
    public LoraFile? Adapter { get; }

    public VideoScale VideoScale => VideoEncoder.Scale;

    public AudioScale AudioScale => Audio.Config.Scale;

    // In the reverse order of loading: the checkpoint, which all look into, last.
    public void Dispose()
    {
        while (owned.TryPop(out IDisposable? model)) model.Dispose();
    }

    private T Own<T>(T model) where T : IDisposable
    {
        owned.Push(model);
        return model;
    }
}
