using Ltx.World.Scenes;

namespace Ltx.World.Judging;

/// <summary>Whether a model makes what the prompt says: sixteen scenes that it was not trained with, the same for every model.</summary>
internal static class PromptObeyed
{
    public const int Count = 16;

    /// <summary>Every colour and every shape, and nothing twice.</summary>
    public static IEnumerable<Scene> Scenes => Enumerable.Range(Worlds.Unseen, Count).Select(number => Worlds.Known(number, plain: true));

    /// <param name="make">the result of a scene under a name: RGB24, by the frame's number</param>
    /// <returns>how many are as the prompt says</returns>
    public static async Task<int> RunAsync(Func<Scene, string, Task<Func<int, byte[]>>> make, TextWriter output)
    {
        int obeyed = 0;
        foreach ((int i, Scene scene) in Scenes.Index())
        {
            Reading reading = Reading.Of(await make(scene, $"obeyed-{i:D2}"), scene);
            bool isRight = reading.Obeys(scene.Wanted);
            if (isRight) obeyed++;
            await output.WriteLineAsync($"{(isRight ? "yes" : "no "),3}  {scene.Prompt}: {reading}");
        }
        await output.WriteLineAsync($"prompt obeyed: {obeyed} of {Count}");
        return obeyed;
    }
}
