using Ltx.Training.Preparation;

namespace Ltx.Training.Tests.Preparation;

public sealed class ClipTimeTests
{
    [Theory]
    [InlineData(24, 9, false, 24, 24, 0)]
    [InlineData(60, 9, false, 60, 60, 0, "The clip has 60 frames a second and is trained at that rate; 24 were asked for.")]
    [InlineData(23.976, 9, false, 23.976, 23.976, 0)]
    [InlineData(24, 100, false, 24, 24, 0, "The clip has 100 frames; what is used of it ends after 9 frames.")]
    [InlineData(0, 9, false, 24, 24, 0, "The clip does not say its frame rate; 24 frames a second are assumed.")]
    [InlineData(24, 9, true, 24, 24, 2)]
    [InlineData(30, 90, true, 3, 24, 2, "The clip lasts 3 s and is played 8 times as fast, to have 9 frames.")]
    [InlineData(24, 3, true, 72, 24, 4, "The clip lasts 0.13 s and is played 0.33 times as fast, to have 9 frames.")]
    public void Time_is_the_clip_s_own_or_scaled_to_what_is_asked_for(
        double rate, int frames, bool scales, double reading, double training, int held, params string[] notes)
    {
        List<string> said = [];
        using TempFilm film = new(new FakeFilm(Frames: frames, Rate: rate == 0 ? null : rate));
        ClipTime time = ClipTime.Of(film.File, 9, new PreparationOptions([new(9, 32, 32)]) { ScalesTime = scales }, said);
        Assert.Equal((reading, training, held), (Math.Round(time.Reading, 9), time.Training, time.MostHeld));
        Assert.Equal(notes, said);
    }

    [Fact]
    public void A_scaled_clip_is_seen_from_its_first_frame_to_its_last()
    {
        using TempFilm film = new(new FakeFilm(Frames: 90, Rate: 30));
        ClipTime time = ClipTime.Of(film.File, 9, new PreparationOptions([new(9, 32, 32)]) { ScalesTime = true }, []);
        IEnumerable<byte[]> expected = Enumerable.Range(0, 9).Select(i => new FakeFilm().Picture(10 * i));
        Assert.Equal(expected, film.File.Read(9, time.Reading, TestContext.Current.CancellationToken));
    }

    /// <summary>A film in a file of its own.</summary>
    private sealed class TempFilm : IDisposable
    {
        private readonly string path = Path.GetTempFileName();

        public TempFilm(FakeFilm film)
        {
            System.IO.File.WriteAllText(path, film.ToText());
            File = new FakeMedia().Probe(path, "the clip", CancellationToken.None);
        }

        public IMediaFile File { get; }

        public void Dispose() => System.IO.File.Delete(path);
    }
}
