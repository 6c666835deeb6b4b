using System.Globalization;
using Ltx.World.Clips;
using Ltx.World.Scenes;

namespace Ltx.World.Judging;

/// <summary>`ltx inpaint`, from files to a file.</summary>
/// <param name="Folder">for what goes in and comes out; it is there</param>
/// <param name="Model">a name or a folder</param>
/// <param name="Loras">as the command takes them</param>
internal sealed record Product(string Folder, string Model, params IReadOnlyList<string> Loras) : IProduct
{
    /// <summary>Of all that is judged.</summary>
    public const int Seed = 1;

    public async Task<Func<int, byte[]>> InpaintAsync(Scene scene, string name)
    {
        string File(string ending) => Path.Combine(Folder, name + ending);
        (string source, string mask, string result) = (File("-source.mp4"), File("-mask.mp4"), File("-result.mp4"));
        await ClipFile.WriteAsync(source, scene.Source);
        await ClipFile.WriteAsync(mask, scene.MaskFrame);
        await LtxCommand.RunAsync(
            File(".log"),
            [
                "inpaint", "--video", source, "--mask", mask, "--prompt", scene.Prompt, "--out", result, "--model", Model,
                "--device", "cpu", "--no-audio", "--yes", "--quality", "lossless", "--frames", Scene.Frames.ToString(CultureInfo.InvariantCulture),
                "--seed", Seed.ToString(CultureInfo.InvariantCulture), .. Loras.SelectMany(lora => new[] { "--lora", lora }),
            ]);
        IReadOnlyList<byte[]> frames = await ClipFile.ReadAsync(result);
        return i => frames[i];
    }
}
