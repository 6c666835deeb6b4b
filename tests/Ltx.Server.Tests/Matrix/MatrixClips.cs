using System.Globalization;
using Ltx.Server.Tests.Commands;

namespace Ltx.Server.Tests.Matrix;

/// <summary>Small sources and masks, each made when a test first asks for it.</summary>
internal sealed class MatrixClips(TestFolder folder)
{
    public const int Width = 128, Height = 96, Frames = 9;

    // A drifting wave of two colours: as smooth as most of a photograph, so that half the chroma holds it.
    private static string Wave(int width, int height, string rate) => $"nullsrc=s={width}x{height}:r={rate},geq=r='70+30*sin((X+2*Y+9*T*8)/40)':g='110-40*sin((X+2*Y+9*T*8)/40)':b='140+50*sin((X+2*Y+9*T*8)/40)'";

    // Rising to the right, falling to the left; like itself at no other lag. Two seconds, then from the beginning again.
    public static string Sound(int rate) => $"aevalsrc='0.4*sin(2*PI*(200*mod(t\\,2)+500*mod(t\\,2)*mod(t\\,2)))|0.4*sin(2*PI*(2200*mod(t\\,2)-500*mod(t\\,2)*mod(t\\,2)))':s={rate}";

    /// <summary>2 s at 24 fps with stereo sound at 48 kHz, neither of them squeezed: what is in it is known exactly.</summary>
    public string Source => Make("source.mov", Width, Height, "24", 48, Sound(48000));

    /// <summary>More frames than a request may ask for.</summary>
    public string Long => Make("long.mov", 64, 64, "24", 490, Sound(48000));

    /// <summary>Fewer frames than a request asks for by default.</summary>
    public string Short => Make("short.mov", 64, 64, "24", 12, Sound(48000));

    /// <summary>A mask of their size.</summary>
    public string Small => Moving("small.mkv", 64, 64, "24", 9);

    /// <summary>A picture without sound.</summary>
    public string Silent => Make("silent.mov", Width, Height, "24", 12);

    /// <summary>A white rectangle in the middle that moves to the right, as long as <see cref="Source"/>.</summary>
    public string Mask => Moving("mask.mkv", Width, Height, "24", 48);

    /// <summary>No white at all: the source comes back re-encoded, without the model, which suits what concerns media alone.</summary>
    public string Black => Once("black.png", name => TestMedia.Make(folder, name, "-f", "lavfi", "-i", $"color=black:s={Width}x{Height}", "-frames:v", "1"));

    /// <summary>A source of any size, rate and length.</summary>
    /// <param name="sound">a lavfi source, or null for none</param>
    public string Make(string name, int width, int height, string rate, int frames, string? sound = null, params string[] more) => Once(name, _ => TestMedia.Make(
        folder, name,
        [
            "-f", "lavfi", "-i", Wave(width, height, rate), .. sound is null ? Array.Empty<string>() : ["-f", "lavfi", "-i", sound],
            "-t", TestMedia.Seconds(frames, rate), "-c:v", "libx264", "-crf", "4", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le", .. more,
        ]));

    /// <summary>A mask of any size, rate and length.</summary>
    public string Moving(string name, int width, int height, string rate, int frames) => Once(name, _ => TestMedia.Make(
        folder, name, "-f", "lavfi", "-i", $"color=black:s={width}x{height}:r={rate},format=gray,geq=lum='255*between(X-W/4-24*T\\,0\\,W/2-1)*between(Y-H/4\\,0\\,H/2-1)'",
        "-frames:v", frames.ToString(CultureInfo.InvariantCulture), "-c:v", "ffv1", "-pix_fmt", "gray"));

    private string Once(string name, Func<string, string> make) => File.Exists(folder.Named(name)) ? folder.Named(name) : make(name);
}
