using Ltx.Inference.AudioVae;
using Ltx.Inference.Latents;
using Ltx.Inference.Lora;
using Ltx.Inference.Native;
using Ltx.Inference.Planning;
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
    private readonly ModelFolder folder;
    private readonly Checkpoint checkpoint;
    private readonly GemmaTokenizer tokenizer;
    private readonly bool sees;
    private PromptEncoder? text;
    private bool isArranged;

    /// <param name="format">in what form the transformer's linear layers are kept</param>
    /// <param name="arrangement">what of it is on the device at first; null for all</param>
    /// <param name="progress">told how far each component is</param>
    /// <param name="pristine">where the transformer's own weights are read from when LoRAs change</param>
    /// <param name="sees">whether the text model is shown pictures</param>
    /// <exception cref="WeightsException">A file is missing, damaged, or of another architecture.</exception>
    public InpaintModels(
        ModelFolder folder, Device device, ScalarType type, WeightFormat format = WeightFormat.Checkpoint, MemoryArrangement? arrangement = null, Action<LoadProgress>? progress = null,
        PristineSource pristine = PristineSource.File, bool sees = false)
    {
        try
        {
            arrangement ??= MemoryArrangement.Resident;
            using LoadMeter meter = new(progress, Bytes(folder));
            (this.folder, this.sees) = (folder, sees);
            checkpoint = Own(Checkpoint.Open(folder));
            tokenizer = GemmaTokenizer.Open(folder);
            Device = device;
            Type = type;
            Arrangement = arrangement;
            // Channels side by side are what CUDA's convolutions want.
            VideoVaeOptions vae = VideoVaeOptions.Default with { ChannelsLast = device.type == TorchSharp.DeviceType.CUDA };
            if (arrangement.Text != TextResidency.Visits) text = meter.Load("text encoder", LoadText);
            ExpandsPrompts = folder.PromptExpansion;
            VideoEncoder = Own(meter.Load("video encoder", () => VideoEncoder.Load(checkpoint, device, type, vae)));
            VideoDecoder = Own(meter.Load("video decoder", () => VideoDecoder.Load(checkpoint, device, type, vae)));
            Audio = Own(meter.Load("audio", () => new AudioCodec(checkpoint, device, type)));
            Upsampler = Own(meter.Load("upsampler", () => LatentUpsampler.Load(folder, device, type)));
            Distilled = folder.DistilledLora is { } distilled ? Own(LoraFile.Of(folder.Files.Open(distilled))) : null;
            Adapter = folder.InpaintAdapter is { } adapter ? Own(LoraFile.Of(folder.Files.Open(adapter))) : null;
            Transformer = Own(meter.Load("transformer", () => new LtxTransformer(checkpoint, device, type, format, arrangement.StreamedBlocks, pristine)));
            Merger = new LoraMerger(Transformer.Weights);
            // Every request is merged with them, twice.
            foreach (LoraFile own in new[] { Distilled, Adapter }.OfType<LoraFile>()) own.Kept = Transformer.Pristine;
            Arrange(arrangement);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public Device Device { get; }

    public ScalarType Type { get; }

    /// <summary>What is where now.</summary>
    public MemoryArrangement Arrangement { get; private set; }

    /// <summary>False where Gemma is not trained to write.</summary>
    public bool ExpandsPrompts { get; }

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

    /// <summary>Moves weights to where a plan has them, and computes in its portions from now on.</summary>
    public void Arrange(MemoryArrangement next)
    {
        (VideoEncoder.MaximumElements, VideoDecoder.MaximumElements) = (next.VaeElements, next.VaeElements);
        bool textStays = text is not null && isArranged && next.Text == Arrangement.Text;
        if (isArranged && textStays == (next.Text != TextResidency.Visits) && next.StreamedBlocks == Arrangement.StreamedBlocks)
        {
            Arrangement = next;
            return;
        }
        isArranged = false;
        // What leaves goes first: what comes may need its place.
        if (text is not null && text.Streams != (next.Text == TextResidency.Streams) || next.Text == TextResidency.Visits) DropText();
        if (Transformer.StreamedBlocks != next.StreamedBlocks) Transformer.Stream(next.StreamedBlocks);
        Arrangement = next;
        if (next.Text != TextResidency.Visits) text ??= LoadText();
        isArranged = true;
    }

    /// <summary>Does something with the text encoder, which comes for it where it does not stay.</summary>
    public T WithText<T>(Func<PromptEncoder, T> use)
    {
        if (text is not null) return use(text);
        try
        {
            text = LoadText();
            return use(text);
        }
        finally
        {
            DropText();
        }
    }

    /// <summary>The video's latent, in the portions that the plan has.</summary>
    /// <param name="video">[1, 3, F, H, W] from -1 to 1</param>
    public Tensor EncodeVideo(Tensor video) => Arrangement.VaeTiling is { } tiling ? VideoEncoder.EncodeTiled(video, tiling) : VideoEncoder.Encode(video);

    /// <summary>The latent's video, piece by piece, in the portions that the plan has.</summary>
    /// <param name="latent">[1, C, f, h, w]</param>
    public IEnumerable<Tensor> DecodeVideo(Tensor latent) => Arrangement.VaeTiling is { } tiling ? VideoDecoder.DecodeTiled(latent, tiling) : VideoDecoder.DecodePieces(latent);

    // In the reverse order of loading: the checkpoint, which all look into, last.
    public void Dispose()
    {
        DropText();
        while (owned.TryPop(out IDisposable? model)) model.Dispose();
    }

    private PromptEncoder LoadText() => new(folder, checkpoint, Device, Type, tokenizer, streams: Arrangement.Text == TextResidency.Streams, sees: sees);

    private void DropText()
    {
        if (text is null) return;
        text.Dispose();
        text = null;
        DeviceCache.Empty(Device);
    }

    // Of all tensors, by the headers.
    private static long Bytes(ModelFolder folder)
    {
        using SafetensorsFile checkpoint = folder.Files.Open(folder.Checkpoint), upscaler = folder.Files.Open(folder.Upscaler);
        using TensorArchive text = folder.Files.OpenFolder(folder.TextEncoder);
        return text.Files.Append(checkpoint).Append(upscaler).Sum(file => file.Tensors.Values.Sum(tensor => tensor.Length));
    }

    private T Own<T>(T model) where T : IDisposable
    {
        owned.Push(model);
        return model;
    }
}
