using Ltx.Inference;

namespace Ltx.Training.Data;

/// <summary>
/// A data set, or a file of one, that cannot be trained with: the fault of whoever made it. <see cref="Exception.Message"/> is one sentence that
/// names files by their names in the data set, never by a path of this machine, so it may be shown to whoever sent them. Trouble on our own side
/// (a full disk) is not one of these: it stays an <see cref="IOException"/>.
/// </summary>
internal sealed class DataSetException(string message, Exception? cause = null) : InferenceException(Fault.Input, message, cause)
{
    /// <summary>Each clip and file that is not used, with its reason; empty where the data set was refused as a whole.</summary>
    public IReadOnlyList<DataSetRefusal> Refused { get; private init; } = [];

    /// <summary>Nothing is left of a data set.</summary>
    /// <param name="refused">why, for each that there was; at least one</param>
    public static DataSetException NothingLeft(IReadOnlyList<DataSetRefusal> refused)
    {
        DataSetRefusal first = refused[0];
        string more = refused.Count > 1 ? $", the first of {refused.Count}" : "", reason = char.ToLowerInvariant(first.Reason[0]) + first.Reason[1..];
        return new($"No clip of the data set can be used; for {Quoted.Name(first.Name)}{more}, {reason}") { Refused = refused };
    }
}
