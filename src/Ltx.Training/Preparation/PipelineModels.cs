using Ltx.Inference.Generation;
using Ltx.Inference.Latents;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Training.Preparation;

/// <summary>
/// The models of a pipeline, as clips are prepared with them: nothing is loaded twice. Each clip and each caption takes its turn on the pipeline's
/// thread, between requests.
/// </summary>
/// <param name="pipeline">must outlive this</param>
/// <param name="turn">runs something on the pipeline's thread and gives what came of it; null where the caller is on it</param>
internal sealed class PipelineModels(InpaintPipeline pipeline, Func<Func<Tensor>, Tensor>? turn = null) : IPreparationModels
{
    public ScalarType Type => pipeline.Models.Type;

    public VideoScale Scale => pipeline.Models.VideoScale;

    /// <summary>What they were loaded from.</summary>
    public ModelFolder Folder => pipeline.Folder;

    public string ClipIdentity => ModelIdentity.Of(Folder.Checkpoint);

    public string CaptionIdentity => $"{ModelIdentity.Of(Folder.Checkpoint)} {ModelIdentity.Of(Folder.TextEncoder)}";

    public IClipEncoder OpenClips() => new Encoder(this);

    public ICaptionEncoder OpenCaptions() => new Encoder(this);

    private Tensor OnTurn(Func<Tensor> encode)
    {
        Tensor Encode()
        {
            using var noGradient = no_grad();
            using var scope = NewDisposeScope();
            return encode().DetachFromDisposeScope();
        }
        // What another thread made, in a scope of this one.
        using Tensor made = turn is null ? Encode() : turn(Encode);
        return made.alias();
    }

    private sealed class Encoder(PipelineModels models) : IClipEncoder, ICaptionEncoder
    {
        public Tensor Encode(Tensor video) => models.OnTurn(() => models.Pipeline.Models.EncodeVideo(video.to(models.Pipeline.Device)));

        public Tensor Encode(string caption) => models.OnTurn(() => models.Pipeline.Models.WithText(text => text.Encode([caption])).Video);

        public void Dispose()
        {
        }
    }

    private InpaintPipeline Pipeline => pipeline;
}
