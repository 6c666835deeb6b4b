using Ltx.Inference.Generation;
using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using Ltx.Server.Media;
using Ltx.Server.Tests.Commands;
using Ltx.Video;

namespace Ltx.Server.Tests.Media;

/// <summary>The miniature model on the CPU, loaded once for a class of tests, which run one after the other.</summary>
public sealed class LoadedPipeline : IDisposable
{
    private readonly Lazy<InpaintPipeline> pipeline = new(() =>
    {
        TorchSharp.torch.Device device = ComputeDevice.Parse("cpu");
        return new InpaintPipeline(ModelFolder.Open(Repository.Model), device, ComputeDevice.DefaultType(device));
    });

    internal InpaintPipeline Pipeline => pipeline.Value;

    internal Task<ClipResult> RunAsync(ClipJob job, MediaLimits? limits = null) =>
        new ClipInpainter(Pipeline, limits ?? MediaLimits.Default).RunAsync(job, progress: null, TestContext.Current.CancellationToken);

    public void Dispose()
    {
        if (pipeline.IsValueCreated) pipeline.Value.Dispose();
    }
}
