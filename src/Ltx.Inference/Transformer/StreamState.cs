using static TorchSharp.torch;

namespace Ltx.Inference.Transformer;

/// <summary>What stays the same for a stream through all blocks of one pass.</summary>
/// <param name="Input">what the pass was called with</param>
/// <param name="Modulation">rows: shift, scale, gate of self-attention; of feed-forward; of text attention</param>
/// <param name="Prompt">rows: shift, scale of the text; follows sigma, not the tokens' own levels</param>
/// <param name="Cross">of the attention between the streams; null where the other one is missing</param>
/// <param name="Output">rows: shift, scale of the output, both the embedded noise level itself</param>
internal sealed record StreamState(StreamInput Input, TokenModulation Modulation, TokenModulation Prompt, CrossModulation? Cross, TokenModulation Output);

/// <summary>What noise levels do to the attention between the streams.</summary>
/// <param name="ScaleShift">rows: scale, shift of audio to video; scale, shift of video to audio</param>
/// <param name="Gate">row: gate of what comes from the other stream; follows the other stream's sigma</param>
internal sealed record CrossModulation(TokenModulation ScaleShift, TokenModulation Gate);
