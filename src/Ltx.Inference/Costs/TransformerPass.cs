namespace Ltx.Inference.Costs;

/// <summary>How large a pass is.</summary>
/// <param name="Video">tokens of the video stream, references included</param>
/// <param name="Audio">tokens of the audio stream</param>
/// <param name="Text">tokens of the text</param>
/// <param name="IsMasked">whether video tokens have different noise levels. The sound is made or kept as a whole</param>
internal readonly record struct TransformerPass(long Video, long Audio, long Text, bool IsMasked = true);
