using Ltx.Inference.Generation;
using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using Ltx.Server.Media;
using Ltx.Server.Tests.Commands;
using Ltx.Video;

namespace Ltx.Server.Tests.Media;

/// <summary>The miniature model on the CPU, loaded once for a class of tests, which run one after the other. It works on small clips as small as they are.</summary>
public sealed class LoadedPipeline : IDisposable
{
    private readonly Lazy<Task<InpaintEngine>> engine = new(() => InpaintEngine.OpenAsync(() =>
    {
        TorchSharp.torch.Device device = ComputeDevice.Parse("cpu");
        return new InpaintPipeline(ModelFolder.Open(Repository.Model), device, ComputeDevice.DefaultType(device), new InpaintOptions(WorkingShortSide: 0));
    }));

    internal Task<InpaintEngine> Engine => engine.Value;

    internal async Task<ClipResult> RunAsync(ClipJob job, MediaLimits? limits = null) =>
        await new ClipInpainter(await Engine, limits ?? MediaLimits.Default).RunAsync(job, progress: null, TestContext.Current.CancellationToken);

    public void Dispose()
    {
        if (engine.IsValueCreated && engine.Value.IsCompletedSuccessfully) engine.Value.Result.Dispose();
    }
}
