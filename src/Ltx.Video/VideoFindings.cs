namespace Ltx.Video;

/// <summary>What <see cref="VideoReader"/> found out about a video while it decoded it.</summary>
/// <param name="Start">When its first frame that could be decoded is shown, on ffmpeg's clock of the file: what sound is aligned with.</param>
/// <param name="Concealed">Numbers of the given frames that show the decoder's repair, or the frame before, where something could not be decoded.</param>
/// <param name="LostAtStart">Pieces in front of the first frame that could not be decoded: a recording that begins between two key frames.</param>
/// <param name="Suspect">Pieces that the container gave with a warning, as where files were joined byte by byte; they may have been decoded as they were meant.</param>
/// <param name="ChangesFormat">Picture size or pixel format changes on the way; all frames were brought to those of the beginning.</param>
public sealed record VideoFindings(TimeSpan Start, IReadOnlyList<int> Concealed, int LostAtStart, int Suspect, bool ChangesFormat);
