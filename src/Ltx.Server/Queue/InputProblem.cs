using Ltx.Server.Fal;

namespace Ltx.Server.Queue;

/// <summary>Why the inputs could not be had.</summary>
/// <param name="Details">fal's entries; of a file that cannot be fetched one, whose message is fal's own wording</param>
/// <param name="Reason">what happened to that file, in a sentence that helps; for the request's log</param>
internal sealed record InputProblem(IReadOnlyList<FalDetail> Details, string? Reason);
