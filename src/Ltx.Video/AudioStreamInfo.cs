namespace Ltx.Video;

/// <summary>One sound track of a file.</summary>
/// <param name="Index">Its number among all streams of the file.</param>
/// <param name="Codec">ffmpeg's name of its codec.</param>
/// <param name="SampleRate">Samples per second of each channel.</param>
/// <param name="Channels">Number of channels.</param>
/// <param name="Start">Its first sample's time on the file's own clock.</param>
/// <param name="IsDefault">The file marks it as the one to be played.</param>
public sealed record AudioStreamInfo(int Index, string Codec, int SampleRate, int Channels, TimeSpan Start, bool IsDefault);
