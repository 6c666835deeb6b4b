namespace Ltx.Video.Processes;

/// <summary>
/// How much memory one ffmpeg or ffprobe may hold: what honest work on pictures of its size can need, so that a file which makes it need more is
/// ended and not the machine. A bound on what comes out (frames, seconds) is none on what is held on the way.
/// </summary>
/// <param name="Bytes">Resident memory.</param>
/// <param name="Role">The user's file that is read, which is to blame; null where the work is our own.</param>
internal sealed record MemoryBound(long Bytes, string? Role)
{
    /// <summary>The program with its libraries, a container's index, packets on their way, sound. ffmpeg alone is 50 to 100 MB.</summary>
    private const long Program = 256L << 20;

    /// <summary>A pixel of four components, of 8 bits or of up to 16.</summary>
    private const int ShallowBytes = 4, DeepBytes = 8;

    /// <summary>The most reference pictures of any codec that is read (16), and those between decoder, filters and pipe (8).</summary>
    private const int HeldPictures = 24;

    /// <summary>A decoder with frame threads keeps one picture that is worked on and one that waits for its turn in each.</summary>
    private const int PicturesPerThread = 2;

    /// <summary>In filters at the size that is given: some pictures of four floats each (linear light).</summary>
    private const int FilteredPictures = 8, FloatBytes = 16;

    /// <summary>x264 at its slowest looks 60 pictures ahead and keeps 16 to refer to, with their half-pixel planes; counted in pictures of <see cref="DeepBytes"/> a pixel.</summary>
    private const int EncodedPictures = 96, EncodedPicturesPerThread = 4;

    /// <summary>What the machine, or its container, has; one child may have half of it.</summary>
    private static readonly long Available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Looking at a file, or at our own result: one picture of any allowed size.</summary>
    public static MemoryBound Probing(MediaLimits limits, string? role) => Of(limits, limits.MaxSourcePixels * DeepBytes, role);

    /// <summary>Decoding pictures and giving them in another size.</summary>
    public static MemoryBound Reading(MediaInfo source, FrameSize size) => Of(source.Limits, ReadingBytes(source, size), source.Role);

    /// <summary>Decoding sound: pictures are passed over undecoded.</summary>
    public static MemoryBound Hearing(MediaInfo source) => Of(source.Limits, Program, $"the sound of {source.Role}");

    /// <summary>Encoding pictures of our own.</summary>
    public static MemoryBound Writing(FrameSize size, MediaLimits limits) => Of(limits, WritingBytes(size, limits), role: null);

    /// <summary>Decoding a user's file and encoding it at another size, in one run.</summary>
    public static MemoryBound Copying(MediaInfo source, FrameSize size) =>
        Of(source.Limits, ReadingBytes(source, size) + WritingBytes(size, source.Limits), source.Role);

    /// <summary>No picture at all.</summary>
    public static MemoryBound Asking(MediaLimits limits) => Of(limits, 0, role: null);

    /// <summary>What a person is told.</summary>
    public MediaException Exceeded(string tool, ChildMemoryLimitException exception)
    {
        var megabytes = FormattableString.Invariant($"{Bytes / 1_000_000}");
        return Role is null
            ? new MediaException(MediaFault.Server, $"{tool} took more than the {megabytes} MB of memory that it is allowed.", exception.LastWords, innerException: exception)
            : MediaException.Input(MediaProblem.Memory, Role, $"needs more memory to be read than the {megabytes} MB that pictures of its size may take; re-encode it", exception.LastWords);
    }

    private static long ReadingBytes(MediaInfo source, FrameSize size)
    {
        var bytes = source.BitDepth > 8 ? DeepBytes : ShallowBytes;
        var decoded = source.CodedPixels * bytes * (HeldPictures + ((long)PicturesPerThread * source.Limits.Threads));
        return decoded + (size.Pixels * FloatBytes * FilteredPictures);
    }

    private static long WritingBytes(FrameSize size, MediaLimits limits) =>
        size.Pixels * DeepBytes * (EncodedPictures + ((long)EncodedPicturesPerThread * limits.Threads));

    private static MemoryBound Of(MediaLimits limits, long pictures, string? role) =>
        new(limits.MemoryBytes ?? Math.Min(Program + pictures, Available / 2), role);
}
