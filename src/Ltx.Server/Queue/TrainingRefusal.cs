using Ltx.Inference;
using Ltx.Server.Fal;
using Ltx.Video;

namespace Ltx.Server.Queue;

/// <summary>What fal's clients are told of a training that cannot be made of what they sent.</summary>
internal static class TrainingRefusal
{
    /// <summary>Null where it is not the client's fault.</summary>
    public static IReadOnlyList<FalDetail>? Of(Exception e) => e switch
    {
        TrainingRefusedException refused => refused.Details,
        InferenceException { Fault: Fault.Input } or MediaException { Fault: MediaFault.Input } => [new FalDetail("value_error", ["body"], e.Message)],
        _ => null,
    };
}
