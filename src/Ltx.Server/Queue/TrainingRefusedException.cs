using Ltx.Server.Fal;

namespace Ltx.Server.Queue;

/// <summary>A training cannot be made of what the client sent: 422 with these details, each with a sentence for the client.</summary>
internal sealed class TrainingRefusedException(params IReadOnlyList<FalDetail> details)
    : Exception(string.Join(' ', details.Select(detail => detail.Message)))
{
    public IReadOnlyList<FalDetail> Details => details;
}
