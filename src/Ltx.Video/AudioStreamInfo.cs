namespace Ltx.Video;

/// <summary>One sound track of a file.</summary>
/// <param name="Index">Its number among all streams of the file.</param>
/// <param name="Codec">ffmpeg's name of its codec; "unknown" where ffmpeg has none.</param>
/// <param name="SampleRate">Samples per second of each channel.</param>
/// <param name="Channels">Number of channels.</param>
/// <param name="IsDefault">The file marks it as the one to be played.</param>
/// <param name="Layout">ffmpeg's name of where the channels belong, such as "5.1"; null where the file does not tell.</param>
/// <param name="Start">When it begins, from the beginning of the file's earliest stream on.</param>
/// <param name="Length">How long it is, as far as the file tells; zero for a track that was declared and never filled.</param>
public sealed record AudioStreamInfo(
    int Index, string Codec, int SampleRate, int Channels, bool IsDefault, string? Layout, TimeSpan Start, TimeSpan Length);
