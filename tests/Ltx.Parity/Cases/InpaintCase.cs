using System.Text.Json;
using Ltx.Inference.Generation;
using Ltx.Inference.TextEncoder;
using static TorchSharp.torch;

namespace Ltx.Parity.Cases;

/// <summary>The whole pipeline, every intermediate of it, from the recorded frames and mask to frames and sound.</summary>
internal sealed class InpaintCase : IParityCase
{
    private static readonly HashSet<string> Exact = ["keep1", "keep2"];

    public bool Handles(string name) => name == "inpaint";

    public void Run(GoldenCase golden, ParityContext context, ParityReport report)
    {
        InpaintOptions options = new(
            MaskDilation: golden.Value<int>("mask_dilation"),
            Sound: golden.Text("audio") == "generate" ? SoundSource.Generate : SoundSource.KeepSource,
            Composite: Enum.Parse<CompositeMode>(golden.Text("composite"), ignoreCase: true));
        using InpaintPipeline pipeline = new(context.Model, context.Device, context.Type, options);
        Collector collector = new();
        PromptContext? contexts = golden.Text("contexts") == "given" ? new(golden.Input("in.video_context", context), golden.Input("in.audio_context", context)) : null;
        pipeline.Run(Request(golden, context), collector, null, contexts, (name, tensor) =>
        {
            if (!golden.Has($"out.{name}")) return;
            double tolerance = Exact.Contains(name) ? CaseTolerance.Exact : name == "sigmas1" ? CaseTolerance.Numbers : CaseTolerance.Pipeline;
            report.Compare($"out.{name}", tensor, golden.Tensor($"out.{name}"), tolerance);
        }, CancellationToken.None);
        report.Compare("out.frames", collector.Frames(golden.Tensor("out.frames").shape), golden.Tensor("out.frames"), CaseTolerance.Pipeline);
        foreach (string missing in golden.Names("out.").Select(name => name[4..]).Except(report.Comparisons.Select(comparison => comparison.Name[4..])))
        {
            report.Fail($"out.{missing} was never computed");
        }
    }

    private static InpaintRequest Request(GoldenCase golden, ParityContext context)
    {
        // [C, F, H, W] and [F, H, W] bytes
        Tensor video = golden.Tensor("in.video"), mask = golden.Tensor("in.mask");
        int frames = (int)video.shape[1], height = (int)video.shape[2], width = (int)video.shape[3];
        byte[][] colours = [.. Enumerable.Range(0, frames).Select(i => video.select(1, i).permute(1, 2, 0).contiguous().data<byte>().ToArray())];
        // A mask of ones and one of 255 mean the same.
        byte[][] greys = [.. Enumerable.Range(0, frames).Select(i => mask.select(0, i).contiguous().data<byte>().ToArray().Select(value => value > 0 ? (byte)255 : (byte)0).ToArray())];
        return new InpaintRequest(golden.Text("prompt"), colours, greys, width, height, golden.Value<double>("fps"))
        {
            VideoStrength = golden.Value<double>("video_strength"),
            Steps = golden.Value<int>("num_inference_steps"),
            GuidanceScale = golden.Value<double>("guidance_scale"),
            Seed = golden.Value<long>("seed"),
            Loras = [.. golden.Value<JsonElement[]>("loras").Select(lora => new LoraChoice(
                Path.Combine(context.Model.Path, lora[0].GetString()!), lora[1].GetDouble(), Enum.Parse<LoraStages>(lora[2].GetString()!.Replace("_", "", StringComparison.Ordinal), ignoreCase: true)))],
        };
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
