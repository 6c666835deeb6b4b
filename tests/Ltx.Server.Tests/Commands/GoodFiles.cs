namespace Ltx.Server.Tests.Commands;

/// <summary>A source with sound and its mask, made once for a class of tests.</summary>
public sealed class GoodFiles : IDisposable
{
    private readonly TestFolder folder = new();

    public GoodFiles()
    {
        Video = TestMedia.VideoWithSound(folder, "source.mp4");
        Mask = TestMedia.Mask(folder);
        Black = TestMedia.Make(folder, "black.png", "-f", "lavfi", "-i", "color=black:s=128x128", "-frames:v", "1");
    }

    /// <summary>9 frames of 128x128 at 24 fps with a tone.</summary>
    public string Video { get; }

    /// <summary>As long and as large.</summary>
    public string Mask { get; }

    /// <summary>A mask without white: the source comes back re-encoded, and the model, which takes most of the time, has no part in it.</summary>
    public string Black { get; }

    internal InpaintCall Call(TestFolder into) => new(into, Video, Mask, Black);

    public void Dispose() => folder.Dispose();
}
