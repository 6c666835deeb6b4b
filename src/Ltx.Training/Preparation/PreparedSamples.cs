using static TorchSharp.torch;

namespace Ltx.Training.Preparation;

/// <summary>
/// Prepared clips, read from their files one by one: a caption has megabytes, and the system keeps in memory what there is room for.
/// </summary>
internal sealed class PreparedSamples(IReadOnlyList<PreparedClip> clips, Device device, ScalarType type) : ISampleSource
{
    public int Count => clips.Count;

    /// <exception cref="Ltx.Inference.Weights.WeightsException">A file is not there any more, or damaged.</exception>
    public TrainingSample Read(int index) => SampleCache.Read(clips[index].ClipFile, clips[index].ContextFile, device, type);
}
