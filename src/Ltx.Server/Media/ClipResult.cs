using Ltx.Inference.Generation;
using Ltx.Video;

namespace Ltx.Server.Media;

/// <summary>A clip that was made.</summary>
/// <param name="Frames">how many it has</param>
/// <param name="HasSound">whether it has a sound track</param>
/// <param name="Stages">times from the first look at the files to the finished file, without gap; the file is finished while its last frames are still decoded, and "finishing" is what remains then</param>
/// <param name="Notes">sentences for the log, those of the engine behind those of the files</param>
/// <param name="Report">what the engine says of the run</param>
internal sealed record ClipResult(FrameSize Size, int Frames, bool HasSound, IReadOnlyList<StageTime> Stages, IReadOnlyList<string> Notes, InpaintReport Report);
