using Ltx.Inference.AudioVae;
using Ltx.Inference.Latents;
using Ltx.Inference.Layers;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.Transformer;
using Ltx.Inference.Upsampler;
using Ltx.Inference.VideoVae;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Measuring.Counting;

/// <summary>
/// What each part of a model asks of a card, at any size: the model itself is run on torch's meta device, which has neither weights nor memory. In
/// bfloat16, and as CUDA is computed with: with channels side by side.
/// </summary>
/// <param name="model">whose</param>
/// <param name="kernels">whether the project's kernels run, or their plain twins</param>
/// <param name="format">of the blocks' weights</param>
internal sealed class ModelCounts(ModelArchitecture model, bool kernels = true, WeightFormat format = WeightFormat.Checkpoint) : IModelParts<WorkCount>
{
    private const ScalarType Type = ScalarType.BFloat16;

    private static readonly VideoVaeOptions OnCuda = VideoVaeOptions.Default with { ChannelsLast = true };

    private static Device Device => SchemaRecorder.Device;

    private readonly Dictionary<object, WorkCount> known = [];

    /// <summary>Of one pass of a part of the transformer's blocks, all of which are run.</summary>
    /// <param name="layers">how many of them there are</param>
    /// <param name="observe">sees the tokens of both streams after every block; null for nobody</param>
    /// <param name="groups">of the video's tokens, where not all see each other freely</param>
    public WorkCount Forward(
        int tokens, int sound, int layers, Action<int, Tensor, Tensor>? observe = null, TokenGroups? groups = null) =>
        Over(model.Checkpoint.With("transformer", "num_layers", layers), checkpoint =>
    {
        using LtxTransformer transformer = new(checkpoint, Device, Type, format);
        using SamplePass pass = SamplePass.Of(transformer, empty([1, 3, tokens, 2], ScalarType.Float32, Device), empty([1, 1, sound, 2], ScalarType.Float32, Device));
        return Count(() => transformer.Forward(pass.Video with { Groups = groups }, pass.Audio, Perturbations.None, observe));
    });

    /// <summary>One block of the transformer: what a pass of two has more than a pass of one.</summary>
    public WorkCount Block(int tokens, int sound) => Remembered((nameof(Block), tokens, sound), () => Of(2, tokens, sound) - Of(1, tokens, sound));

    /// <summary>All blocks are alike, so that one of them is counted.</summary>
    public WorkCount Forward(int tokens, int sound) =>
        Remembered((nameof(Forward), tokens, sound), () => Of(1, tokens, sound) + (model.Transformer.Layers - 1) * Block(tokens, sound));

    /// <summary>
    /// Its operations alone, by the configs: the text encoder masks with numbers that the operators' C interface cannot hand over on the meta device.
    /// It is a quarter of a percent of a request.
    /// </summary>
    public WorkCount Prompt() => WorkCount.Of(new ModelOperations(model).Prompt());

    public WorkCount Encode(PixelShape clip) => Remembered((nameof(Encode), clip), () => Over(model.Checkpoint, checkpoint =>
    {
        using VideoEncoder encoder = VideoEncoder.Load(checkpoint, Device, Type, OnCuda);
        Tensor video = empty([1, 3, clip.Frames, clip.Height, clip.Width], Type, Device);
        return Count(() => encoder.Encode(video));
    }));

    public WorkCount Decode(LatentShape latent) => Remembered((nameof(Decode), latent), () => Over(model.Checkpoint, checkpoint =>
    {
        using VideoDecoder decoder = VideoDecoder.Load(checkpoint, Device, Type, OnCuda);
        Tensor cells = empty([1, model.VideoVae.LatentChannels, latent.Frames, latent.Height, latent.Width], Type, Device);
        return Count(() =>
        {
            foreach (Tensor piece in decoder.DecodePieces(cells)) piece.Dispose();
        });
    }));

    public WorkCount Upsample(LatentShape latent) => Remembered((nameof(Upsample), latent), () => Over(model.Checkpoint, checkpoint =>
    {
        using LatentUpsampler upsampler = new(new SchemaRecorder().Archive, model.Upsampler, Device, Type, channelsLast: true);
        using VideoDecoder decoder = VideoDecoder.Load(checkpoint, Device, Type, OnCuda);
        Tensor cells = empty([1, model.VideoVae.LatentChannels, latent.Frames, latent.Height, latent.Width], Type, Device);
        return Count(() => upsampler.Upsample(cells, decoder.Statistics));
    }));

    public WorkCount Sound(int frames) => Remembered((nameof(Sound), frames), () => Over(model.Checkpoint, checkpoint =>
    {
        using AudioCodec codec = new(checkpoint, Device, Type);
        Tensor latent = empty([1, codec.Config.LatentChannels, frames, codec.Config.LatentMelBins], Type, Device);
        return Count(() => codec.Decode(latent));
    }));

    private WorkCount Count(Action run) => OperatorCounter.Count(run, kernels);

    private WorkCount Of(int layers, int tokens, int sound) => Remembered((nameof(Of), layers, tokens, sound), () => Forward(tokens, sound, layers));

    private WorkCount Remembered(object what, Func<WorkCount> count)
    {
        if (!known.TryGetValue(what, out WorkCount? counted)) known.Add(what, counted = count());
        return counted;
    }

    private static WorkCount Over(ConfigSection config, Func<Checkpoint, WorkCount> count)
    {
        Native.MetaKernels.Load();
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using Checkpoint checkpoint = Checkpoint.Of(new SchemaRecorder(), config);
        return count(checkpoint);
    }
}
