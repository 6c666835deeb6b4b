using Ltx.Inference.Latents;
using Ltx.Inference.Weights;
using Ltx.Server.Media;
using Ltx.Training.Preparation;
using TorchSharp;

namespace Ltx.Server.Training;

/// <summary>
/// The models of an engine, as clips are prepared with them: each clip and each caption takes its turn on the engine's thread, between requests.
/// Nothing is loaded twice.
/// </summary>
internal sealed class EngineModels : IPreparationModels
{
    private readonly InpaintEngine engine;
    private readonly ModelFolder folder;

    private EngineModels(InpaintEngine engine, PipelineEncoders encoders)
    {
        this.engine = engine;
        (folder, Type, Scale) = (encoders.Folder, encoders.Type, encoders.Scale);
    }

    public torch.ScalarType Type { get; }

    public VideoScale Scale { get; }

    /// <summary>What they were loaded from.</summary>
    public ModelFolder Folder => folder;

    public string ClipIdentity => ModelIdentity.Of(folder.Checkpoint);

    public string CaptionIdentity => $"{ModelIdentity.Of(folder.Checkpoint)} {ModelIdentity.Of(folder.TextEncoder)}";

    public static Task<EngineModels> OfAsync(InpaintEngine engine) => engine.RunAsync(pipeline => new EngineModels(engine, new PipelineEncoders(pipeline)));

    public IClipEncoder OpenClips() => new Encoder(engine);

    public ICaptionEncoder OpenCaptions() => new Encoder(engine);

    private sealed class Encoder(InpaintEngine engine) : IClipEncoder, ICaptionEncoder
    {
        public torch.Tensor Encode(torch.Tensor video) => Here(encoders => encoders.EncodeClip(video));

        public torch.Tensor Encode(string caption) => Here(encoders => encoders.EncodeCaption(caption));

        public void Dispose()
        {
        }

        // What the engine's thread made, in a scope of this one.
        private torch.Tensor Here(Func<PipelineEncoders, torch.Tensor> encode)
        {
            using torch.Tensor made = engine.RunAsync(pipeline => encode(new PipelineEncoders(pipeline))).GetAwaiter().GetResult();
            return made.alias();
        }
    }
}
