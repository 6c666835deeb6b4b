using Ltx.Inference.Native;
using Ltx.Inference.Planning;
using Ltx.Inference.Recipes;
using TorchSharp;
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

    /// <summary>
    /// Decodes, puts together and hands out, frame by frame. A card computes on its own: it is given the next piece to decode before the frames of this one
    /// are handed out, for which whoever encodes them may take long.
    /// </summary>
    /// <param name="latent">[1, C, f, h, w] of the second stage</param>
    /// <param name="tell">told how many are out</param>
    public void Write(Tensor latent, Action<int> tell)
    {
        SeamBlend seam = new(widened is not null ? CompositeMode.None : run.Planned.Recipe.Composite.Kind, run.Planned.Recipe.Composite.Feather.On(request.Height, request.Width), run.Layout);
        int finished = 0, written = 0;
        List<byte[]> waiting = [];
        Action<byte[]> take = run.Models.Device.type == DeviceType.CUDA ? waiting.Add : Hand;
        using IEnumerator<Tensor> pieces = run.Models.DecodeVideo(latent).GetEnumerator();
        bool isThere = Next();
        while (isThere)
        {
            finished += Finish(seam, pieces.Current, finished, take);
            isThere = Next();
            waiting.ForEach(Hand);
            waiting.Clear();
        }

        bool Next() => finished < request.Frames.Count && run.Clock.Part(RunParts.Decoding, pieces.MoveNext);

        // The sink may hold each frame for as long as it likes.
        void Hand(byte[] frame)
        {
            run.Cancellation.ThrowIfCancellationRequested();
            run.Clock.Part(RunParts.Handing, () => run.Planned.Sink.Write(frame));
            tell(++written);
        }
    }

    /// <param name="piece">[1, 3, n, H, W] decoded frames, disposed here</param>
    /// <param name="first">which frame of the request the first of them is</param>
    /// <param name="take">gets each frame, put into the source, on the host</param>
    /// <returns>how many there were: frames that only fill the grid go</returns>
    private int Finish(SeamBlend seam, Tensor piece, int first, Action<byte[]> take)
    {
        using var scope = NewDisposeScope();
        scope.Attach(piece);
        run.Cancellation.ThrowIfCancellationRequested();
        int count = Math.Min((int)piece.shape[2], request.Frames.Count - first);
        // [1, 3, n, H, W] -> [n, 3, H, W]
        Tensor generated = piece[0].narrow(1, 0, count).transpose(0, 1);
        // As few frames at once as the larger of both sizes wants.
        long step = Math.Min(WorkPortions.FramesAtOnce(request.Height, request.Width), WorkPortions.FramesAtOnce(generated.shape[2], generated.shape[3]));
        for (long start = 0; start < count; start += step)
        {
            long several = Math.Min(step, count - start);
            Tensor numbers = generated.narrow(0, start, several), before = source.narrow(0, first + start, several);
            // Looked at here, so that a device that decodes on its own is waited for in the part that it works for.
            run.Clock.Part(RunParts.Decoding, () => PipelineRun.Finite(InpaintStage.Frames, numbers));
            using Tensor put = run.Clock.Part(RunParts.Compositing, () =>
            {
                using var inner = NewDisposeScope();
                Tensor shown = widened is null ? numbers : InPyramid(numbers, before, widened.narrow(0, first + start, several));
                Tensor white = mask.narrow(0, first + start, several).to(ScalarType.Float32);
                return seam.Composite(before, run.Size.ToResult(shown), white).cpu().MoveToOuterDisposeScope();
            });
            for (int i = 0; i < several; i++) take(run.Clock.Part(RunParts.Compositing, () => put[i].ToArray<byte>()));
        }
        return count;
    }

    // The publisher's composite: what was made over the guide's picture, at the size worked on. [n, 3, h, w] from -1 to 1, both ways
    private Tensor InPyramid(Tensor generated, Tensor source, Tensor mask)
    {
        Tensor around = ClipTensors.Guide(ClipTensors.ToVideo(run.Size.ToWorking(run.Layout.ToRgb(source), (int)source.shape[0]), ScalarType.Float32), mask)[0].transpose(0, 1);
        return PyramidBlend.Blend(PipelineRun.FromNull(generated), PipelineRun.FromNull(around), mask, run.Planned.Recipe.Composite.LowResDilation) * 2 - 1;
    }
}
