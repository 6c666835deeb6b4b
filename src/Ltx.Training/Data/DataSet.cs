namespace Ltx.Training.Data;

/// <summary>What lies in a data set's folder.</summary>
/// <param name="Kind">what it was read for</param>
/// <param name="Clips">in the order of their names; at least one</param>
/// <param name="Refused">clips and files that are not used, in the order of their names</param>
internal sealed record DataSet(TrainingKind Kind, IReadOnlyList<DataSetClip> Clips, IReadOnlyList<DataSetRefusal> Refused);
