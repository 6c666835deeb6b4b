using Ltx.Training.Data;
using Ltx.Training.Preparation;
using Ltx.Training.Tests.Preparation;

namespace Ltx.Training.Tests.Data;

/// <summary>A data set that cannot be trained with, and what is said of it.</summary>
/// <param name="Name">of the case</param>
/// <param name="Sentence">all of it</param>
/// <param name="Make">fills the folder</param>
internal sealed record BadDataSet(string Name, string Sentence, Action<DataFolder> Make)
{
    public TrainingKind Kind { get; init; } = TrainingKind.Inpaint;

    /// <summary>The archive that is unpacked first; null where there is none.</summary>
    public Func<byte[]>? Zip { get; init; }

    public DataSetLimits Limits { get; init; } = DataSetLimits.Default;

    public PreparationOptions Options { get; init; } = new([new(9, 64, 64)]);

    public FakeModels Models { get; init; } = new();

    public override string ToString() => Name;
}
