using Ltx.Inference.AudioVae;
using Ltx.Inference.Latents;
using Ltx.Inference.Recipes;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.VideoVae;

namespace Ltx.Inference.Planning;

/// <summary>What each stage of a request holds beside the weights: all of a plan that does not depend on where they are.</summary>
internal sealed class RequestMemory
{
    // Two generators of the vocoder never run at once. AmpBlock keeps the results of three layers, of each of which one holds its activation
    // (edges, twice as long, its square, and edges again) and two convolutions: 16 times the longest signal, and 5 beside it.
    private const int VocoderTensors = 21;

    // Float64 states of Res2sSampler.Run that live while the model is evaluated a second time (start, first, three of Combine, two of
    // AddNoise, five of Refined), and bf16 or float32 ones (latents, four results of evaluations, the state's own two).
    private const int WideStates = 12, NarrowStates = 7;

    private readonly ModelFacts model;
    private readonly WorkingSize size;
    private readonly PixelShape shape;
    private readonly LatentShape latent;
    private readonly ClipMemory clip;
    private readonly int element;
    private readonly DeviceMemoryTraits device;
    private readonly Dictionary<(bool, long, VideoTiling?), List<StageMemory>> stages = [];

    /// <param name="element">bytes of a number</param>
    public RequestMemory(ModelFacts model, RequestShape request, int element, DeviceMemoryTraits device)
    {
        (Request, this.model, this.element, this.device) = (request, model, element, device);
        size = request.Working(model.Vae.Scale);
        shape = size.Padded;
        latent = shape.ToLatent(model.Vae.Scale);
        clip = new ClipMemory(model, request, size, element, device);
    }

    public RequestShape Request { get; }

    public IReadOnlyList<StageMemory> Stages(MemoryArrangement arrangement)
    {
        (bool, long, VideoTiling?) key = (arrangement.Float8, arrangement.VaeElements, arrangement.VaeTiling);
        if (!stages.TryGetValue(key, out List<StageMemory>? found)) stages.Add(key, found = Compute(arrangement));
        return found;
    }

    private List<StageMemory> Compute(MemoryArrangement arrangement)
    {
        Recipe recipe = Request.Recipe;
        long full = latent.Tokens, half = full / 4 + (recipe.Guides(recipe.Stage1) ? ReferenceTokens(2) : 0);
        MemoryLedger source = clip.Encode(arrangement.VaeElements, arrangement.VaeTiling);
        return
        [
            new(InpaintStage.Prompt, Kept + Math.Max(new TextMemory(model, element).Peak, Look()), 0),
            new(InpaintStage.Source, Kept + source.Peak, source.PeakWorkspace),
            Denoising(InpaintStage.Stage1, half, arrangement.Float8),
            HandingOver(arrangement),
            Denoising(InpaintStage.Stage2, full + (recipe.Guides(recipe.Stage2) ? ReferenceTokens(1) : 0), arrangement.Float8),
            new(InpaintStage.Sound, Kept + Sound(), 0),
            Frames(arrangement),
        ];
    }

    // The clip, latents of all kinds (two clean ones and a guide, the first stage's, upsampled and the second's) and two prompts' contexts.
    private double Kept => clip.Kept + (3 + 3.0 / 4) * latent.Tokens * model.Vae.LatentChannels * element
        + 2.0 * GemmaTokenizer.PromptLength * (model.Transformer.Video.ContextFeatures + model.Transformer.Audio.ContextFeatures) * element;

    private long ReferenceTokens(int stageFactor)
    {
        int side = stageFactor * Request.ReferenceDownscale, frames = (shape.Frames - 1) / Request.ReferenceTemporalScale + 1;
        return (long)model.Vae.Scale.LatentFrames(frames) * (latent.Height / side) * (latent.Width / side);
    }

    // SiglipLayer.Forward: six states of all patches (input, sum, norm, queries, keys, values) and the wide ones before and after GELU.
    private double Look() => model.Vision is not { } vision ? 0 : (double)vision.PatchesPerSide * vision.PatchesPerSide * (6 * vision.HiddenSize + 2 * vision.IntermediateSize) * element;

    private StageMemory Denoising(InpaintStage stage, long video, bool float8)
    {
        long audio = model.Audio.Scale.LatentFrames(shape.Frames, Request.FramesPerSecond);
        TransformerMemory transformer = new(model.Transformer, video, audio, GemmaTokenizer.PromptLength, masked: true, element, float8, device);
        MemoryLedger forward = transformer.Forward();
        double states = (video * model.Transformer.Video.InChannels + audio * model.Transformer.Audio.InChannels) * (double)(WideStates * ElementBytes.Float64 + NarrowStates * element);
        // Merging a layer: its weight as the file has it, the sum in float32, and the result (LoraMerger.Merge).
        double merging = model.LargestMatrix * (double)(ElementBytes.Float32 + 2 * element);
        double denoising = transformer.TableBytes + states + forward.Peak;
        return denoising >= merging ? new(stage, Kept + denoising, forward.PeakWorkspace) : new(stage, Kept + merging, 0);
    }

    private StageMemory HandingOver(MemoryArrangement arrangement)
    {
        if (Request.Recipe.Handover.Kind == HandoverKind.Latent) return new(InpaintStage.Upsampling, Kept + Upsampling(), 0);
        MemoryLedger pixels = clip.HandOver(latent, arrangement.VaeElements, arrangement.VaeTiling);
        return new(InpaintStage.Upsampling, Kept + pixels.Peak, pixels.PeakWorkspace);
    }

    // LatentUpsampler.Forward: two at half size, the convolution with four times the channels and its rearrangement, and four of a block.
    private double Upsampling() => (2.0 / 4 + 5) * latent.Tokens * model.Upsampler.Channels * element;

    private double Sound()
    {
        double frames = model.Audio.Scale.LatentFrames(shape.Frames, Request.FramesPerSecond) * (double)AudioVaeConfig.MelFramesPerLatent;
        double Longest(GeneratorConfig generator, double length)
        {
            double longest = 0, channels = generator.InitialChannels;
            foreach (int rate in generator.Rates)
            {
                length *= rate;
                channels /= 2;
                longest = Math.Max(longest, channels * length);
            }
            return longest;
        }

        double extended = frames * model.Vocoder.Base.Ratio / model.Vocoder.HopLength;
        return VocoderTensors * ElementBytes.Float32 * Math.Max(Longest(model.Vocoder.Base, frames), Longest(model.Vocoder.Extension, extended));
    }

    private StageMemory Frames(MemoryArrangement arrangement)
    {
        MemoryLedger frames = clip.Decode(latent, arrangement.VaeElements, arrangement.VaeTiling);
        return new(InpaintStage.Frames, Kept + frames.Peak, frames.PeakWorkspace);
    }
}
