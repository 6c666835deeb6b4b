using Ltx.Inference;
using Ltx.Server.Fal;
using Ltx.Training.Data;
using Ltx.Video;

namespace Ltx.Server.Queue;

/// <summary>What fal's clients are told of a training that cannot be made of what they sent.</summary>
internal static class TrainingRefusal
{
    /// <summary>Null where it is not the client's fault.</summary>
    public static IReadOnlyList<FalDetail>? Of(Exception e) => e switch
    {
        TrainingRefusedException refused => refused.Details,
        DataSetException unusable => [OfDataSet(unusable)],
        InferenceException { Fault: Fault.Input } or MediaException { Fault: MediaFault.Input } =>
            [new FalDetail("value_error", ["body"], e.Message)],
        _ => null,
    };

    /// <summary>One sentence that names what is not used and why, as far as it has room; `ctx` has all of it.</summary>
    private static FalDetail OfDataSet(DataSetException unusable)
    {
        var sentence = unusable.Refused.Count > 1 ? $"No clip of the data set can be used: {string.Join(" ", unusable.Refused)}" : unusable.Message;
        var refused = unusable.Refused.Select(file => (object?)new Dictionary<string, object?> { ["file"] = file.Name, ["reason"] = file.Reason });
        return new FalDetail("value_error", ["body", "training_data_url"], sentence)
        {
            Context = unusable.Refused.Count == 0 ? null : new Dictionary<string, object?> { ["unused"] = refused.ToArray() },
        };
    }
}
