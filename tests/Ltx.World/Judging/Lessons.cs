using Ltx.World.Clips;
using Ltx.World.Scenes;

namespace Ltx.World.Judging;

/// <summary>The two proofs that the trainer teaches something.</summary>
internal static class Lessons
{
    /// <summary>An inpainting LoRA: a colour that the miniature never saw, under a word that it never read.</summary>
    public static Lesson Pink { get; } = new(
        "inpaint",
        (folder, clips) => DataSets.WriteInpaintAsync(folder, Enumerable.Range(0, clips).Select(Worlds.Pink)),
        [.. Common, "--kind", "inpaint"],
        [("pink", [.. Numbers.Select(Worlds.Pink)])],
        MostDistance: 40);

    /// <summary>A video-to-video LoRA: what stands under the mask has the colour of a band in the control clip; another band, another colour.</summary>
    public static Lesson Band { get; } = new(
        "v2v",
        (folder, clips) => DataSets.WriteVideoToVideoAsync(folder, Enumerable.Range(0, clips).Select(number => Worlds.Band(number))),
        [.. Common, "--kind", "v2v"],
        [("band", [.. EachColourOnce.Select(pair => pair.Band)]), ("other-band", [.. EachColourOnce.Select(pair => pair.Other)])],
        MostDistance: 60);

    public static IReadOnlyList<Lesson> All => [Pink, Band];

    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static Lesson Of(string name) => All.FirstOrDefault(lesson => lesson.Name == name) ?? throw new ArgumentException($"There is no lesson \"{name}\".", nameof(name));

    // Of the miniature, which has a twentieth of the real model's width: few steps at a high rate. At the size of the second stage: what is learned at that
    // of the first alone does not reach it.
    private static string[] Common => ["--resolution", "384x256", "--frames", "25", "--rank", "16", "--learning-rate", "2e-3", "--steps", "800"];

    private static IEnumerable<int> Numbers => Enumerable.Range(Worlds.Unseen, Lesson.Scenes);

    // The same scenes with two bands each, whose colours follow each other. No band's colour comes twice: what always paints the same, as the miniature does
    // of a word that it does not know, is right once at most.
    private static IReadOnlyList<(Scene Band, Scene Other)> EachColourOnce => [.. Enumerable.Range(0, Palette.Known.Count).Select(Two)];

    // Of the scenes whose turn a colour is, the first where both it and the next one stand out.
    private static (Scene Band, Scene Other) Two(int colour)
    {
        for (int number = Worlds.Unseen + colour; ; number += Palette.Known.Count)
        {
            (Scene band, Scene other) = (Worlds.Band(number), Worlds.Band(number, other: true));
            int turn = number % Palette.Known.Count;
            if (band.Band == Palette.Known[turn].Rgb && other.Band == Palette.Known[(turn + 1) % Palette.Known.Count].Rgb) return (band, other);
        }
    }
}
