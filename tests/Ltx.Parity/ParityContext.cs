using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Parity;

/// <summary>What every case of a run shares.</summary>
/// <param name="Model">the random-weight model that the goldens were computed with</param>
/// <param name="Checkpoint">its monolith, open</param>
/// <param name="Device">where to compute</param>
/// <param name="Type">float32 or bfloat16</param>
/// <param name="Gemma3Tokenizer">path of the real tokenizer.json, or null</param>
internal sealed record ParityContext(ModelFolder Model, Checkpoint Checkpoint, Device Device, ScalarType Type, string? Gemma3Tokenizer);
