using Ltx.Inference.Lora;

namespace Ltx.Inference.Generation;

/// <summary>How long a stage took.</summary>
/// <param name="Stage">its name, for a person</param>
/// <param name="Time">from its beginning to the next one's</param>
/// <param name="Parts">what was measured within it; they need not add up to it</param>
public sealed record StageTime(string Stage, TimeSpan Time, IReadOnlyList<StageTime> Parts);

/// <summary>What is to be said about a run when it is over.</summary>
/// <param name="Prompt">what was encoded: the request's prompt, or what it was expanded to</param>
/// <param name="Stages">times in the order of the stages; they follow each other without gap</param>
/// <param name="Loras">how much of each user's LoRA found its layer</param>
/// <param name="Notes">sentences for the log</param>
public sealed record InpaintReport(string Prompt, IReadOnlyList<StageTime> Stages, IReadOnlyList<LoraMatch> Loras, IReadOnlyList<string> Notes);
