using Ltx.Inference.Generation;
using Ltx.Inference.Weights;
using Ltx.Training.Checkpoints;
using Ltx.Training.Planning;
using TorchSharp;

namespace Ltx.Training.Steps;

/// <summary>
/// A training with the models of a pipeline, which does requests between two steps: a step takes out what LoRAs they merged, brings the weights to
/// where its plan has them, and leaves the model as it was. On the pipeline's thread, all of it.
/// </summary>
internal sealed class PipelineTraining : IDisposable
{
    private readonly InpaintPipeline pipeline;

    /// <param name="pipeline">must outlive this</param>
    /// <param name="shape">what the plan is made for</param>
    /// <param name="samples">at least one clip</param>
    /// <param name="folder">goes on from the state in it</param>
    /// <exception cref="Inference.InferenceException">It does not fit on the device, or the folder holds another training.</exception>
    public PipelineTraining(InpaintPipeline pipeline, TrainingShape shape, ISampleSource samples, TrainingOptions options, TrainingFolder folder, TrainingIdentity identity)
    {
        this.pipeline = pipeline;
        InpaintModels models = pipeline.Models;
        if (pipeline.Memory.IsLimited)
        {
            TrainingPlanner planner = TrainingPlanner.For(pipeline.Folder, models.Type, models.Device.type);
            Plan = planner.Require(shape, pipeline.Memory.Available, pipeline.Memory.IsFloat8);
            pipeline.Memory.Reserved = Plan.Learned;
        }
        try
        {
            Trainer = new Trainer(new TrainedModel(models.Transformer, models.VideoScale, Arrange), samples, options, folder, identity);
        }
        catch
        {
            pipeline.Memory.Reserved = 0;
            throw;
        }
    }

    public Trainer Trainer { get; }

    /// <summary>How it fits; null on a CPU, whose memory is everybody's.</summary>
    public TrainingPlan? Plan { get; }

    public void Dispose()
    {
        Trainer.Dispose();
        pipeline.Memory.Reserved = 0;
    }

    private void Arrange()
    {
        pipeline.Models.Merger.Use([]);
        if (Plan is not null) pipeline.Models.Arrange(Plan.Arrangement);
    }
}
