using Ltx.Inference.Costs;
using Ltx.Inference.Planning;

namespace Ltx.Inference.Measuring;

/// <summary>What one stage of a request is.</summary>
/// <param name="Stage">which</param>
/// <param name="Evaluations">forwards of the transformer</param>
/// <param name="Tokens">of the video stream in each of them, the reference's included; 0 where there are none</param>
/// <param name="Work">all of it</param>
public sealed record StageWork(InpaintStage Stage, int Evaluations, int Tokens, Operations Work);
