using Ltx.Inference.Generation;
using Ltx.Inference.Latents;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Training.Preparation;

/// <summary>What clips are prepared with, of a pipeline's models. On the pipeline's thread, as everything that it does.</summary>
internal sealed class PipelineEncoders(InpaintPipeline pipeline)
{
    public ScalarType Type => pipeline.Models.Type;

    public Device Device => pipeline.Device;

    public VideoScale Scale => pipeline.Models.VideoScale;

    public ModelFolder Folder => pipeline.Folder;

    /// <param name="video">[1, 3, F, H, W] from -1 to 1</param>
    /// <returns>[1, C, F', H', W'], of the caller's</returns>
    public Tensor EncodeClip(Tensor video)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        return pipeline.Models.EncodeVideo(video.to(pipeline.Device)).DetachFromDisposeScope();
    }

    /// <returns>[1, S, D], of the caller's</returns>
    public Tensor EncodeCaption(string caption)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        return pipeline.Models.WithText(text => text.Encode([caption])).Video.DetachFromDisposeScope();
    }
}
