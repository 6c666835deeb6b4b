namespace Ltx.Video;

/// <summary>The sound that <see cref="AudioReader"/> took from a file.</summary>
/// <param name="Clip">The samples.</param>
/// <param name="Track">The track that they are from.</param>
/// <param name="Notes">What was chosen, mixed or missing where that is not obvious, in sentences for the user.</param>
public sealed record SourceSound(AudioClip Clip, AudioStreamInfo Track, IReadOnlyList<string> Notes);
