using Ltx.Inference.Native;
using Ltx.Inference.Planning;
using Ltx.Inference.Recipes;
using static TorchSharp.torch;

namespace Ltx.Inference.Generation;

/// <summary>The last stage of a run: frames are decoded, put into the source and handed out. docs/inpaint-pipeline.md, section 6.</summary>
/// <param name="run">the run that it belongs to</param>
/// <param name="source">[F, bytes of a frame]</param>
/// <param name="mask">[F, 1, H, W] bool: the request's own</param>
/// <param name="widened">[F, 1, h, w] at the size worked on, for the publisher's composite; null for others</param>
internal sealed class FrameOutput(PipelineRun run, Tensor source, Tensor mask, Tensor? widened)
{
    private readonly InpaintRequest request = run.Request;

    /// <summary>Decodes, puts together and hands out, frame by frame.</summary>
    /// <param name="latent">[1, C, f, h, w] of the second stage</param>
    /// <param name="tell">told how many are out</param>
    public void Write(Tensor latent, Action<int> tell)
    {
        SeamBlend seam = new(widened is not null ? CompositeMode.None : run.Planned.Recipe.Composite.Kind, run.Planned.Recipe.Composite.Feather.On(request.Height, request.Width), run.Layout);
        int written = 0;
        using IEnumerator<Tensor> pieces = run.Models.DecodeVideo(latent).GetEnumerator();
        while (written < request.Frames.Count && run.Clock.Part(RunParts.Decoding, pieces.MoveNext))
        {
            using var scope = NewDisposeScope();
            Tensor piece = pieces.Current;
            scope.Attach(piece);
            run.Cancellation.ThrowIfCancellationRequested();
            // Frames that only fill the grid go.
            int count = Math.Min((int)piece.shape[2], request.Frames.Count - written);
            if (count == 0) break;
            // [1, 3, n, H, W] -> [n, 3, H, W]
            Tensor generated = piece[0].narrow(1, 0, count).transpose(0, 1);
            // As few frames at once as the larger of both sizes wants.
            long step = Math.Min(WorkPortions.FramesAtOnce(request.Height, request.Width), WorkPortions.FramesAtOnce(generated.shape[2], generated.shape[3]));
            for (long start = 0; start < count; start += step)
            {
                long frames = Math.Min(step, count - start);
                Tensor numbers = generated.narrow(0, start, frames), before = source.narrow(0, written, frames);
                // Looked at here, so that a device that decodes on its own is waited for in the part that it works for.
                run.Clock.Part(RunParts.Decoding, () => PipelineRun.Finite(InpaintStage.Frames, numbers));
                using Tensor finished = run.Clock.Part(RunParts.Compositing, () =>
                {
                    using var inner = NewDisposeScope();
                    Tensor shown = widened is null ? numbers : InPyramid(numbers, before, widened.narrow(0, written, frames));
                    Tensor white = mask.narrow(0, written, frames).to(ScalarType.Float32);
                    return seam.Composite(before, run.Size.ToResult(shown), white).cpu().MoveToOuterDisposeScope();
                });
                for (int i = 0; i < frames; i++)
                {
                    // The sink may hold each frame for as long as it likes.
                    run.Cancellation.ThrowIfCancellationRequested();
                    byte[] frame = run.Clock.Part(RunParts.Compositing, () => finished[i].ToArray<byte>());
                    run.Clock.Part(RunParts.Handing, () => run.Planned.Sink.Write(frame));
                    tell(++written);
                }
            }
        }
    }

    // The publisher's composite: what was made over the guide's picture, at the size worked on. [n, 3, h, w] from -1 to 1, both ways
    private Tensor InPyramid(Tensor generated, Tensor source, Tensor mask)
    {
        Tensor around = ClipTensors.Guide(ClipTensors.ToVideo(run.Size.ToWorking(run.Layout.ToRgb(source), (int)source.shape[0]), ScalarType.Float32), mask)[0].transpose(0, 1);
        return PyramidBlend.Blend(PipelineRun.FromNull(generated), PipelineRun.FromNull(around), mask, run.Planned.Recipe.Composite.LowResDilation) * 2 - 1;
    }
}
