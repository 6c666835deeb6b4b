using static TorchSharp.torch;

namespace Ltx.Inference.Generation;

/// <summary>Who looks at a run, and may stop it.</summary>
/// <param name="Clock">follows it through its stages</param>
/// <param name="Observe">shown what lies between them; null for nobody</param>
/// <param name="Cancellation">looked at before every evaluation of the model and every piece of decoding</param>
internal sealed record RunWatch(StageClock Clock, Action<string, Tensor>? Observe, CancellationToken Cancellation);
