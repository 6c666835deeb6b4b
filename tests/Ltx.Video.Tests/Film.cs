namespace Ltx.Video.Tests;

/// <summary>A file that ffmpeg makes for a test.</summary>
/// <param name="Inputs">ffmpeg's arguments up to and with each input; every stream of them comes into the file</param>
/// <param name="Encoding">ffmpeg's arguments in front of the file's name</param>
public sealed record Film(string Name, string[] Inputs, string[] Encoding)
{
    /// <summary>Of a picture that ffmpeg draws.</summary>
    /// <param name="drawing">a graph of its filters, which ends by itself: ffmpeg draws on where only an output says how many frames it wants, and other outputs are left</param>
    public static Film Drawn(string name, string drawing, params string[] encoding) => new(name, ["-f", "lavfi", "-i", drawing], encoding);
}
