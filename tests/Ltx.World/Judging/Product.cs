using System.Globalization;
using Ltx.Server.Commands;
using Ltx.World.Clips;
using Ltx.World.Scenes;

namespace Ltx.World.Judging;

/// <summary>The product as a person uses it: `ltx inpaint`, from files to a file.</summary>
/// <param name="Folder">for what goes in and comes out</param>
/// <param name="Model">a name or a folder</param>
/// <param name="Loras">as the command takes them</param>
internal sealed record Product(string Folder, string Model, params IReadOnlyList<string> Loras)
{
    private const string Seed = "1";

    /// <summary>Fills the mask of a scene with what its prompt says.</summary>
    /// <param name="name">of its files</param>
    /// <returns>RGB24, all frames</returns>
    public async Task<IReadOnlyList<byte[]>> InpaintAsync(Scene scene, string name)
    {
        string File(string what) => Path.Combine(Folder, $"{name}-{what}.mp4");
        (string source, string mask, string result) = (File("source"), File("mask"), File("result"));
        await ClipFile.WriteAsync(source, scene.Source);
        await ClipFile.WriteAsync(mask, scene.MaskFrame);
        string[] arguments =
        [
            "inpaint", "--video", source, "--mask", mask, "--prompt", scene.Prompt, "--out", result, "--model", Model, "--device", "cpu", "--no-audio", "--quality", "lossless",
            "--frames", Scene.Frames.ToString(CultureInfo.InvariantCulture), "--seed", Seed, .. Loras.SelectMany(lora => new[] { "--lora", lora }),
        ];
        TextWriter console = Console.Out;
        await using StreamWriter log = new(Path.Combine(Folder, $"{name}.log"));
        Console.SetOut(log);
        int exitCode;
        try
        {
            exitCode = await CommandLine.RunAsync(arguments);
        }
        finally
        {
            Console.SetOut(console);
        }
        if (exitCode != 0) throw new InvalidOperationException($"ltx {string.Join(' ', arguments)} failed.");
        return await ClipFile.ReadAsync(result);
    }
}
