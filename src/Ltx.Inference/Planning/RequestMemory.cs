using Ltx.Inference.Costs;
using Ltx.Inference.Kernels;
using Ltx.Inference.Latents;
using Ltx.Inference.Recipes;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.VideoVae;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Planning;

/// <summary>What each stage of a request holds beside the weights: all of a plan that does not depend on where they are.</summary>
internal sealed class RequestMemory
{
    // Float64 states of Res2sSampler.Run that live while the model is evaluated a second time (start, first, three of Combine, two of
    // AddNoise, five of Refined), and bf16 or float32 ones (latents, four results of evaluations, the state's own two).
    private const int WideStates = 12, NarrowStates = 7;

    private readonly ModelFacts model;
    private readonly WorkingSize size;
    private readonly PixelShape shape;
    private readonly LatentShape latent;
    private readonly ClipMemory clip;
    private readonly CostBasis basis;
    private readonly Dictionary<(bool, long, VideoTiling?), List<StageMemory>> stages = [];

    /// <param name="basis">what bytes are counted by</param>
    public RequestMemory(ModelFacts model, RequestShape request, CostBasis basis)
    {
        (Request, this.model, this.basis) = (request, model, basis);
        size = request.Working(model.Vae.Scale);
        shape = size.Padded;
        latent = shape.ToLatent(model.Vae.Scale);
        clip = new ClipMemory(model, request, size, basis);
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
            new(InpaintStage.Prompt, Kept + Math.Max(new TextCosts(model.Text, basis).Memory.Peak, Look()), 0),
            new(InpaintStage.Source, Kept + source.Peak, source.PeakWorkspace),
            Denoising(InpaintStage.Stage1, half, arrangement.Float8),
            HandingOver(arrangement),
            Denoising(InpaintStage.Stage2, full + (recipe.Guides(recipe.Stage2) ? ReferenceTokens(1) : 0), arrangement.Float8),
            new(InpaintStage.Sound, Kept + new SoundCosts(model.Audio, model.Vocoder, SoundFrames).Memory.Peak, 0),
            Frames(arrangement),
        ];
    }

    // The clip, latents of all kinds (two clean ones and a guide, the first stage's, upsampled and the second's) and two prompts' contexts.
    private double Kept => clip.Kept + (3 + 3.0 / 4) * latent.Tokens * model.Vae.LatentChannels * basis.Element
        + 2.0 * GemmaTokenizer.PromptLength * (model.Transformer.Video.ContextFeatures + model.Transformer.Audio.ContextFeatures) * basis.Element;

    private int SoundFrames => model.Audio.Scale.LatentFrames(shape.Frames, Request.FramesPerSecond);

    private long ReferenceTokens(int stageFactor)
    {
        int side = stageFactor * Request.ReferenceDownscale, frames = (shape.Frames - 1) / Request.ReferenceTemporalScale + 1;
        return (long)model.Vae.Scale.LatentFrames(frames) * (latent.Height / side) * (latent.Width / side);
    }

    // SiglipLayer.Forward: six states of all patches (input, sum, norm, queries, keys, values) and the wide ones before and after GELU.
    private double Look() => model.Vision is not { } vision ? 0 : (double)vision.PatchesPerSide * vision.PatchesPerSide * (6 * vision.HiddenSize + 2 * vision.IntermediateSize) * basis.Element;

    private StageMemory Denoising(InpaintStage stage, long video, bool float8)
    {
        int audio = SoundFrames;
        TransformerCosts transformer = new(model.Transformer, new TransformerPass(video, audio, GemmaTokenizer.PromptLength), basis, float8);
        MemoryLedger forward = transformer.Memory;
        double states = (video * model.Transformer.Video.InChannels + audio * model.Transformer.Audio.InChannels) * (double)(WideStates * ElementBytes.Float64 + NarrowStates * basis.Element);
        double denoising = transformer.TableBytes + states + forward.Peak;
        return denoising >= Merging ? new(stage, Kept + denoising, forward.PeakWorkspace) : new(stage, Kept + Merging, 0);
    }

    /// <summary>
    /// Bytes that merging LoRAs into a layer takes: its weight as the file has it, the result, and in float32 the sum, or on a card each part by itself
    /// (LoraMerger.Merge).
    /// </summary>
    public double Merging => model.LargestMatrix * (double)((basis.Device.IsCuda ? FusedKernels.MostDeltas : 1) * ElementBytes.Float32 + 2 * basis.Element)
        + (basis.Device.IsCuda ? UploadingReader.MostUnderWay : 0);

    private StageMemory HandingOver(MemoryArrangement arrangement)
    {
        if (Request.Recipe.Handover.Kind == HandoverKind.Latent) return new(InpaintStage.Upsampling, Kept + new UpsamplerCosts(model.Upsampler, size.HalfPadded.ToLatent(model.Vae.Scale), basis).Memory.Peak, 0);
        MemoryLedger pixels = clip.HandOver(latent, arrangement.VaeElements, arrangement.VaeTiling);
        return new(InpaintStage.Upsampling, Kept + pixels.Peak, pixels.PeakWorkspace);
    }

    private StageMemory Frames(MemoryArrangement arrangement)
    {
        MemoryLedger frames = clip.Decode(latent, arrangement.VaeElements, arrangement.VaeTiling);
        return new(InpaintStage.Frames, Kept + frames.Peak, frames.PeakWorkspace);
    }
}
