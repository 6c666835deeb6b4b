using Ltx.Inference.AudioVae;
using Ltx.Inference.Latents;
using Ltx.Inference.Layers;
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

    /// <param name="format">in what form the transformer's linear layers are kept</param>
    /// <param name="progress">told how far each component is</param>
    /// <exception cref="WeightsException">A file is missing, damaged, or of another architecture.</exception>
    public InpaintModels(ModelFolder folder, Device device, ScalarType type, WeightFormat format = WeightFormat.Checkpoint, Action<LoadProgress>? progress = null)
    {
        try
        {
            using LoadMeter meter = new(progress, FileBytes(folder));
            Checkpoint checkpoint = Own(Checkpoint.Open(folder.Checkpoint));
            Device = device;
            Type = type;
            // Channels side by side are what CUDA's convolutions want.
            VideoVaeOptions vae = VideoVaeOptions.Default with { ChannelsLast = device.type == TorchSharp.DeviceType.CUDA };
            Text = Own(meter.Load("text encoder", () => new PromptEncoder(folder, checkpoint, device, type)));
            VideoEncoder = Own(meter.Load("video encoder", () => VideoEncoder.Load(checkpoint, device, type, vae)));
            VideoDecoder = Own(meter.Load("video decoder", () => VideoDecoder.Load(checkpoint, device, type, vae)));
            Audio = Own(meter.Load("audio", () => new AudioCodec(checkpoint, device, type)));
            Upsampler = Own(meter.Load("upsampler", () => LatentUpsampler.Load(folder.Upscaler, device, type)));
            Transformer = Own(meter.Load("transformer", () => new LtxTransformer(checkpoint, device, type, format)));
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

    private static long FileBytes(ModelFolder folder) =>
        new[] { folder.Checkpoint, folder.Upscaler }.Concat(Directory.GetFiles(folder.TextEncoder, "*.safetensors")).Sum(file => new FileInfo(file).Length);

    private T Own<T>(T model) where T : IDisposable
    {
        owned.Push(model);
        return model;
    }
}
