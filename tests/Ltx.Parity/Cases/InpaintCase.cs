using System.Text.Json;
using Ltx.Inference.Generation;
using Ltx.Inference.Recipes;
using Ltx.Inference.TextEncoder;
using static TorchSharp.torch;

namespace Ltx.Parity.Cases;

/// <summary>The whole pipeline, every intermediate of it, from the recorded frames and mask to frames and sound.</summary>
internal sealed class InpaintCase : IParityCase
{
    private static readonly HashSet<string> Exact = ["keep1", "keep2", "mask1", "mask2"], Numbers = ["sigmas1", "sigmas2"];

    public bool Handles(string name) => name is "inpaint" or "official";

    public void Run(GoldenCase golden, ParityContext context, ParityReport report)
    {
        // Frames and mask are as large as they are worked on. What a case says nothing of is as it was before recipes were data.
        InpaintOptions options = new(
            Recipe: golden.HasValue("recipe") ? golden.Text("recipe") : "until-now",
            WorkingShortSide: 0,
            MaskDilation: golden.Value<int>("mask_dilation"),
            Sound: golden.Text(golden.HasValue("sound") ? "sound" : "audio") == "generate" ? SoundSource.Generate : SoundSource.KeepSource,
            Composite: Enum.Parse<CompositeMode>(golden.Text("composite"), ignoreCase: true));
        using InpaintPipeline pipeline = new(context.Model, context.Device, context.Type, options);
        Collector collector = new();
        PromptContexts? contexts = golden.Text("contexts") == "given" ? new(Context(golden, "in.", context), golden.Has("in.negative.video_context") ? Context(golden, "in.negative.", context) : null) : null;
        Dictionary<string, List<Tensor>> pieces = [];
        pipeline.Run(Request(golden, context), collector, null, contexts, (name, tensor) =>
        {
            // What is computed some frames at a time comes as name.frame.
            if (name.LastIndexOf('.') is > 0 and var dot && int.TryParse(name.AsSpan(dot + 1), out _))
            {
                if (!pieces.TryGetValue(name[..dot], out List<Tensor>? frames)) pieces.Add(name[..dot], frames = []);
                frames.Add(tensor.clone().DetachFromDisposeScope());
                return;
            }
            if (golden.Has($"out.{name}")) report.Compare($"out.{name}", tensor, golden.Tensor($"out.{name}"), Tolerance(name));
        }, CancellationToken.None);
        foreach ((string name, List<Tensor> frames) in pieces)
        {
            if (golden.Has($"out.{name}")) report.Compare($"out.{name}", cat(frames, 0), golden.Tensor($"out.{name}"), CaseTolerance.Pipeline);
            frames.ForEach(frame => frame.Dispose());
        }
        report.Compare("out.frames", collector.Frames(golden.Tensor("out.frames").shape), golden.Tensor("out.frames"), CaseTolerance.Pipeline);
        foreach (string missing in golden.Names("out.").Select(name => name[4..]).Except(report.Comparisons.Select(comparison => comparison.Name[4..])))
        {
            report.Fail($"out.{missing} was never computed");
        }
    }

    private static double Tolerance(string name) => Exact.Contains(name) ? CaseTolerance.Exact : Numbers.Contains(name) ? CaseTolerance.Numbers : CaseTolerance.Pipeline;

    private static PromptContext Context(GoldenCase golden, string prefix, ParityContext context) => new(golden.Input($"{prefix}video_context", context), golden.Input($"{prefix}audio_context", context));

    private static InpaintRequest Request(GoldenCase golden, ParityContext context)
    {
        // [C, F, H, W] and [F, H, W] bytes
        Tensor video = golden.Tensor("in.video"), mask = golden.Tensor("in.mask");
        int frames = (int)video.shape[1], height = (int)video.shape[2], width = (int)video.shape[3];
        byte[][] colours = [.. Enumerable.Range(0, frames).Select(i => video.select(1, i).permute(1, 2, 0).contiguous().data<byte>().ToArray())];
        // A mask of ones and one of 255 mean the same.
        byte[][] greys = [.. Enumerable.Range(0, frames).Select(i => mask.select(0, i).contiguous().data<byte>().ToArray().Select(value => value > 0 ? (byte)255 : (byte)0).ToArray())];
        GenerationParameters parameters = new(golden.Text("prompt"))
        {
            VideoStrength = golden.Value<double>("video_strength"),
            Steps = golden.Value<int>("num_inference_steps"),
            GuidanceScale = golden.Value<double>("guidance_scale"),
            Seed = golden.Value<long>("seed"),
            Loras = [.. golden.Value<JsonElement[]>("loras").Select(lora => new LoraChoice(
                Path.Combine(context.Model.Path, lora[0].GetString()!), lora[1].GetDouble(), Enum.Parse<LoraStages>(lora[2].GetString()!.Replace("_", "", StringComparison.Ordinal), ignoreCase: true)))],
        };
        return new InpaintRequest(parameters, colours, greys, width, height, golden.Value<double>("fps")) { SourceSound = golden.Has("in.waveform") ? Sound(golden) : null };
    }

    // [1, 2, S]
    private static SoundClip Sound(GoldenCase golden)
    {
        Tensor waveform = golden.Tensor("in.waveform");
        return new SoundClip([.. Enumerable.Range(0, 2).Select(channel => waveform[0, channel].contiguous().data<float>().ToArray())], golden.Value<int>("in_rate"));
    }

    private sealed class Collector : IInpaintSink
    {
        private readonly List<byte[]> frames = [];

        public void Begin(SoundClip? generatedSound)
        {
        }

        public void Write(byte[] frame) => frames.Add(frame);

        // [F, H, W, C] -> [C, F, H, W]
        public Tensor Frames(long[] shape) => tensor(frames.SelectMany(frame => frame).ToArray(), [frames.Count, shape[2], shape[3], shape[0]], ScalarType.Byte).permute(3, 0, 1, 2);
    }
}
