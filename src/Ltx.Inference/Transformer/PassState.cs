namespace Ltx.Inference.Transformer;

/// <summary>What stays the same through all blocks of one pass.</summary>
/// <param name="Audio">null for the video stream by itself</param>
internal sealed record PassState(StreamState Video, StreamState? Audio);
