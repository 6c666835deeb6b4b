using Ltx.Inference.Planning;
using Ltx.Inference.Recipes;

namespace Ltx.Inference.Generation;

/// <summary>A request with what was decided about it before it began.</summary>
/// <param name="Request">of the window that is worked on, where that is not the whole frame</param>
/// <param name="Sink">takes that window's frames</param>
/// <param name="Recipe">the operator's options over it</param>
/// <param name="Size">how large it is worked on</param>
/// <param name="KeepsSound">whether the result has the source's own sound</param>
/// <param name="MergesAhead">whether there is room for the first stage's LoRAs before it</param>
internal sealed record PlannedRun(InpaintRequest Request, IInpaintSink Sink, Recipe Recipe, WorkingSize Size, bool KeepsSound, bool MergesAhead);
