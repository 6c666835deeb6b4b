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
        [("band", [.. Pairs.Select(pair => pair.Band)]), ("other-band", [.. Pairs.Select(pair => pair.Other)])],
        MostDistance: 60);

    public static IReadOnlyList<Lesson> All => [Pink, Band];

    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static Lesson Of(string name) => All.FirstOrDefault(lesson => lesson.Name == name)
        ?? throw new ArgumentException($"There is no lesson \"{name}\".", nameof(name));

    // Of the miniature, which has a twentieth of the real model's width: few steps at a high rate. At the size of the second stage: what is learned at
    // that of the first alone does not reach it.
    private static string[] Common =>
        ["--resolution", "384x256", "--frames", "25", "--rank", "16", "--learning-rate", "2e-3", "--steps", "800"];

    private static IEnumerable<int> Numbers => Enumerable.Range(Worlds.Unseen, Lesson.Scenes);

    // The same scenes with two bands each. Of red and orange nothing could be told: that is what the miniature paints of a word that it does not
    // know.
    private static IEnumerable<(Scene Band, Scene Other)> Pairs => Enumerable.Range(Worlds.Unseen, int.MaxValue - Worlds.Unseen)
        .Select(number => (Band: Worlds.Band(number), Other: Worlds.Band(number, other: true)))
        .Where(pair => new[] { pair.Band, pair.Other }.All(scene => scene.Wanted!.Colour.Name is not ("red" or "orange")))
        .Take(Lesson.Scenes);
}
