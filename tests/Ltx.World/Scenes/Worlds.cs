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

    /// <summary>One backdrop, mask and passers with several subjects, one after the other, and with none: a model learns most of scenes that differ in little.</summary>
    /// <returns>what may stand there; the last one is null, for nothing</returns>
    public static (Scene Scene, IReadOnlyList<Subject?> Subjects) Stage(int number, int subjects)
    {
        WorldRandom random = new(Seed(4, number));
        Scene scene = Around(random, null, "");
        List<Subject?> all = [];
        while (all.Count < subjects)
        {
            Subject subject = Subject.Draw(random);
            if (Stands(subject, scene.Backdrop) && !all.Contains(subject)) all.Add(subject);
        }
        return (scene, [.. all, null]);
    }

    /// <summary>What is wanted is always pink, which the miniature never saw, and the prompt says so.</summary>
    public static Scene Pink(int number)
    {
        Subject wanted = new(Palette.Pink, ShapeKind.Square, Subject.Across);
        return Around(new WorldRandom(Seed(2, number)), wanted, Prompts.Of(wanted.Name)[0]);
    }

    /// <summary>A band along the upper edge has the colour of what is wanted, and the prompt does not say which.</summary>
    /// <param name="other">whether of another colour, everything else alike</param>
    public static Scene Band(int number, bool other = false)
    {
        WorldRandom random = new(Seed(3, number));
        // All colours in turn, but for those that would not stand out.
        Scene scene = Around(random, null, $"a {BandWord} square", top: Scene.BandHeight + 12);
        NamedColour[] colours = [.. Enumerable.Range(number, Palette.Known.Count).Select(turn => Palette.Known[turn % Palette.Known.Count])];
        Subject[] wanted = [.. colours.Select(colour => new Subject(colour, ShapeKind.Square, Subject.Across))
            .Where(subject => subject.Colour != scene.Given!.Colour && Stands(subject, scene.Backdrop))];
        Subject chosen = wanted[other ? 1 : 0];
        return scene with { Wanted = chosen, Band = chosen.Colour.Rgb, Passers = [] };
    }

    /// <param name="top">of where the mask may be: it is widened by some pixels before the model is shown anything, and keeps clear of a band even then</param>
    private static Scene Around(WorldRandom random, Subject? wanted, string prompt, double top = 0)
    {
        Backdrop backdrop;
        Subject given;
        do
        {
            backdrop = Backdrop.Draw(random);
            given = Subject.Draw(random);
        }
        while (given.Colour == wanted?.Colour || !Stands(given, backdrop) || wanted is not null && !Stands(wanted, backdrop));
        MovingBox mask = MovingBox.Draw(random, top);
        List<Passer> passers = [.. Enumerable.Range(0, random.Below(3)).Select(_ => Passer.Draw(random))];
        passers.RemoveAll(passer => passer.Meets(mask));
        return new Scene(backdrop, passers, mask, given, wanted, prompt);
    }

    private static bool Stands(Subject subject, Backdrop backdrop) =>
        new[] { 0, 0.5, 1 }.All(share => backdrop.Dark.Towards(backdrop.Light, share).DistanceTo(subject.Colour.Rgb) >= LeastContrast);

    private static ulong Seed(int world, int number) => (ulong)world << 32 | (uint)number;
}
