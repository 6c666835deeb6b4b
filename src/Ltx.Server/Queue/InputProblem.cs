using Ltx.Server.Fal;

namespace Ltx.Server.Queue;

/// <summary>Why an input could not be had.</summary>
/// <param name="Detail">fal's entry, whose message is fal's own wording</param>
/// <param name="Reason">what happened, in a sentence that helps; for the request's log</param>
internal sealed record InputProblem(FalDetail Detail, string Reason);
