using Ltx.Training.Data;
using static TorchSharp.torch;

namespace Ltx.Training.Preparation;

/// <summary>What became of a data set.</summary>
/// <param name="Clips">those that are trained with, in the order of their names; at least one</param>
/// <param name="Refused">all others, and files of none, each with its reason</param>
internal sealed record PreparedData(IReadOnlyList<PreparedClip> Clips, IReadOnlyList<DataSetRefusal> Refused)
{
    /// <summary>Tells it from every other data set: what a state's fingerprint calls its data.</summary>
    public string Identity => SampleKey.Data(Clips);

    /// <param name="device">where steps are computed</param>
    /// <param name="type">what in</param>
    public PreparedSamples Samples(Device device, ScalarType type) => new(Clips, device, type);
}
