using Ltx.Inference.Generation;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.VideoVae;
using Ltx.Inference.Weights;
using Ltx.Training.Data;
using Ltx.Training.Preparation;
using Ltx.Training.Tests.Data;
using static TorchSharp.torch;

namespace Ltx.Training.Tests.Preparation;

/// <summary>Preparation with a real model's encoders, small as they are.</summary>
public sealed class PipelineModelsTests : IDisposable
{
    private readonly DataFolder folder = new();
    private readonly ModelFolder model = ModelFolder.Open(Path.Combine(Repository.Goldens, "model"));

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Latents_and_contexts_are_what_the_pipeline_s_own_encoders_give()
    {
        FakeFilm film = new(96, 96);
        folder.Add("a.mp4", film.ToBytes()).Add("a_mask.png", new FakeFilm().ToBytes()).Add("a.txt", "a red square");
        using InpaintPipeline pipeline = new(model, CPU, ScalarType.Float32);
        PipelineModels models = new(pipeline);
        PreparedData data = Prepare(models, DataSetReader.Read(folder.Files, TrainingKind.Inpaint, "SKS"));

        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        TrainingSample sample = data.Samples(CPU, ScalarType.Float32).Read(0);
        using Checkpoint checkpoint = Checkpoint.Open(model);
        using VideoEncoder encoder = VideoEncoder.Load(checkpoint, CPU, ScalarType.Float32);
        using PromptEncoder prompts = new(model, checkpoint, CPU, ScalarType.Float32);
        CoverCrop crop = CoverCrop.Of(96, 96, 64, 64);
        Tensor frames = stack(Enumerable.Range(0, 9).Select(frame => tensor(film.Picture(frame), [96, 96, 3]).permute(2, 0, 1)));
        Tensor video = (crop.Apply(frames.to(ScalarType.Float32) / 255).clamp(0, 1) * 2 - 1).transpose(0, 1).unsqueeze(0);
        Assert.Equal(encoder.Scale, models.Scale);
        Assert.True(sample.Latent.allclose(encoder.Encode(video), 1e-5, 1e-6));
        Assert.True(sample.Context.equal(prompts.Encode(["SKS a red square"]).Video).all().item<bool>());
    }

    [Fact]
    public void A_model_is_another_one_when_its_files_are()
    {
        string other = folder.Beside("checkpoint");
        File.Copy(model.Checkpoint, other);
        string identity = ModelIdentity.Of(other);
        File.SetLastWriteTimeUtc(other, File.GetLastWriteTimeUtc(other).AddSeconds(1));
        Assert.NotEqual(identity, ModelIdentity.Of(other));
    }

    private PreparedData Prepare(PipelineModels models, DataSet data) =>
        new Preparer(models, new FakeMedia(), folder.Cache).Prepare(data, new([new(9, 64, 64)]), null, TestContext.Current.CancellationToken);
}
