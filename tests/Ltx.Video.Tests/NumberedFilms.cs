[assembly: AssemblyFixture(typeof(Ltx.Video.Tests.NumberedFilms))]

namespace Ltx.Video.Tests;

/// <summary>Films whose frames tell their numbers and keep every byte of their RGB, one for each rate; made once for all classes. Who changes one takes a copy.</summary>
public sealed class NumberedFilms : IDisposable
{
    public const int Count = 40;

    public static readonly FrameSize Size = new(64, 64);

    private static readonly FrameRate[] Rates = [.. new[] { 10, 12.5, 23.976, 24, 25, 29.97, 30, 60 }.Select(FrameRate.FromDouble)];

    private readonly Media media = new();

    public NumberedFilms()
    {
        var raw = media.Path("numbered.rgb");
        File.WriteAllBytes(raw, [.. Media.NumberedFrames(Size, Count).SelectMany(frame => frame)]);
        media.MakeAll(
            from rate in Rates
            from container in new[] { "mp4", "mkv" }
            select new Film(
                Name(rate, container), ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", Size.ToString(), "-framerate", rate.ToString(), "-i", raw],
                ["-c:v", "libx264rgb", "-qp", "0", "-preset", "ultrafast"]));
    }

    /// <summary>Some film, for tests that need no more than one.</summary>
    public string Any => Of(24);

    public string Of(double rate, string container = "mp4") => media.Path(Name(FrameRate.FromDouble(rate), container));

    public void Dispose() => media.Dispose();

    private static string Name(FrameRate rate, string container) => $"{rate.ToString().Replace('/', '-')}.{container}";
}
