namespace Ltx.World.Scenes;

/// <summary>
/// Scenes by number, each world's without end. Those from <see cref="Unseen"/> on are for judging and are trained with by nobody.
/// </summary>
internal static class Worlds
{
    /// <summary>The first number of scenes that are not trained with.</summary>
    public const int Unseen = 1_000_000;

    /// <summary>What a scene of the third world is told; its colour is nowhere in it.</summary>
    public const string BandWord = "band-coloured";

    // Colours that are nearer to each other than this are hard to tell apart, for a model as for a judge.
    private const double LeastContrast = 90;

    /// <summary>Scenes as the miniature knows them: with every known colour and shape, and with nothing, in turn.</summary>
    /// <param name="plain">whether prompts are of the shortest form</param>
    public static Scene Known(int number, bool plain = false)
    {
        // Nothing in one of eight; among the others, eight colours and three shapes come in every combination.
        WorldRandom random = new(Seed(1, number));
        int subject = number - number / 8;
        Subject? wanted = number % 8 == 7 ? null : new Subject(Palette.Known[subject % Palette.Known.Count], Shape.All[subject % Shape.All.Count]);
        IReadOnlyList<string> prompts = wanted is null ? Prompts.Empty : Prompts.Of(wanted.Name);
        return Around(random, wanted, plain ? prompts[0] : random.OneOf(prompts));
    }

    /// <summary>What is wanted is always pink, which the miniature never saw, and the prompt says so.</summary>
    public static Scene Pink(int number)
    {
        Subject wanted = new(Palette.Pink, Shape.All[number % Shape.All.Count]);
        return Around(new WorldRandom(Seed(2, number)), wanted, Prompts.Of(wanted.Name)[0]);
    }

    /// <summary>A band along the upper edge has the colour of what is wanted, and the prompt does not say which.</summary>
    /// <param name="colour">of the band; null for one of the known ones in turn</param>
    public static Scene Band(int number, NamedColour? colour = null)
    {
        NamedColour band = colour ?? Palette.Known[number % Palette.Known.Count];
        ShapeKind shape = Shape.All[number % Shape.All.Count];
        Subject wanted = new(band, shape);
        return Around(new WorldRandom(Seed(3, number)), wanted, $"a {BandWord} {Shape.NameOf(shape)}", band.Rgb);
    }

    private static Scene Around(WorldRandom random, Subject? wanted, string prompt, Rgb? band = null)
    {
        Backdrop backdrop;
        Subject given;
        do
        {
            backdrop = Backdrop.Draw(random);
            given = Subject.Draw(random);
        }
        while (given.Colour == wanted?.Colour || !Stands(given) || wanted is not null && !Stands(wanted));
        // The mask is grown by pixels of the recipe's before the model is shown anything: it keeps clear of the band.
        const double Clear = 12;
        MovingBox mask = MovingBox.Draw(random, band is null ? 0 : Scene.BandHeight + Clear);
        List<Passer> passers = [.. Enumerable.Range(0, random.Below(3)).Select(_ => Passer.Draw(random))];
        passers.RemoveAll(passer => passer.Meets(mask));
        return new Scene(backdrop, passers, mask, given, wanted, prompt, band);

        bool Stands(Subject subject) =>
            new[] { 0, 0.5, 1 }.All(share => backdrop.Dark.Towards(backdrop.Light, share).DistanceTo(subject.Colour.Rgb) >= LeastContrast);
    }

    private static ulong Seed(int world, int number) => (ulong)world << 32 | (uint)number;
}
