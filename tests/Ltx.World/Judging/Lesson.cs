using System.Diagnostics;
using Ltx.World.Scenes;

namespace Ltx.World.Judging;

/// <summary>What a LoRA is to be taught, and how it is seen whether it was.</summary>
/// <param name="Name">what `ltx train` calls the kind</param>
/// <param name="WriteSetAsync">writes the scenes that it is taught by, so many, into a folder</param>
/// <param name="Training">arguments of `ltx train`</param>
/// <param name="Tests">scenes that it was not trained with, told apart by where their files go</param>
/// <param name="MostDistance">between the colour of what stands under the mask and the one that is wanted</param>
internal sealed record Lesson(
    string Name, Func<string, int, Task> WriteSetAsync, IReadOnlyList<string> Training, IReadOnlyList<(string Group, IReadOnlyList<Scene> Scenes)> Tests, double MostDistance)
{
    /// <summary>Scenes that it is taught by, and those of a group of tests.</summary>
    public const int Clips = 24, Scenes = 8;

    /// <summary>Of so many scenes, with the LoRA and without it.</summary>
    public const int Least = 6, MostWithout = 1;

    /// <summary>Runs all tests without the LoRA and with it, by command and by the server.</summary>
    /// <returns>whether it was taught</returns>
    public async Task<bool> JudgeAsync(string folder, string model, string lora, TextWriter output)
    {
        bool isTaught = true;
        foreach ((string group, IReadOnlyList<Scene> scenes) in Tests)
        {
            int without = await CountAsync(new Product(Made(folder, $"{group}-without"), model), scenes, $"{group}, without the LoRA", output);
            int with = await CountAsync(new Product(Made(folder, $"{group}-with"), model, lora), scenes, $"{group}, with the LoRA", output);
            await using ServedProduct server = await ServedProduct.StartAsync(Made(folder, $"{group}-served"), model, lora);
            int served = await CountAsync(server, scenes, $"{group}, with the LoRA, by the server", output);
            isTaught &= with >= Least && served >= Least && without <= MostWithout;
        }
        await output.WriteLineAsync($"{Name}: {(isTaught ? "taught" : "NOT taught")}");
        return isTaught;
    }

    private async Task<int> CountAsync(IProduct product, IReadOnlyList<Scene> scenes, string title, TextWriter output)
    {
        await output.WriteLineAsync(title);
        Stopwatch watch = Stopwatch.StartNew();
        int near = 0;
        foreach ((int i, Scene scene) in scenes.Index())
        {
            Reading reading = Reading.Of(await product.InpaintAsync(scene, $"{i}"), scene);
            Rgb wanted = scene.Wanted!.Colour.Rgb;
            double distance = reading.Colour?.DistanceTo(wanted) ?? double.PositiveInfinity;
            if (distance <= MostDistance) near++;
            await output.WriteLineAsync(FormattableString.Invariant($"  {(distance <= MostDistance ? "yes" : "no "),3}  {scene.Prompt}, {wanted} wanted: {reading}; {distance:F0} away"));
        }
        await output.WriteLineAsync(FormattableString.Invariant($"  {near} of {scenes.Count} within {MostDistance:F0} of the colour, {watch.Elapsed.TotalSeconds:F0} s"));
        return near;
    }

    private static string Made(string folder, string name) => Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
}
