using static TorchSharp.torch;

namespace Ltx.Inference.Transformer;

/// <summary>What stays the same for a stream through all blocks of one pass.</summary>
/// <param name="Input">what the pass was called with</param>
/// <param name="Modulation">rows: shift, scale, gate of self-attention; of feed-forward; of text attention</param>
/// <param name="Prompt">rows: shift, scale of the text; follows sigma, not the tokens' own levels</param>
/// <param name="CrossScaleShift">rows: scale, shift of audio to video; scale, shift of video to audio</param>
/// <param name="CrossGate">row: gate of what comes from the other stream; follows the other stream's sigma</param>
/// <param name="Output">rows: shift, scale of the output, both the embedded noise level itself</param>
internal sealed record StreamState(
    StreamInput Input, TokenModulation Modulation, TokenModulation Prompt, TokenModulation CrossScaleShift, TokenModulation CrossGate, TokenModulation Output);
