using System.IO.Compression;
using Ltx.World.Scenes;

namespace Ltx.World.Clips;

/// <summary>Data sets in the layouts of the hosted trainers (lora-training.md, A1.5).</summary>
internal static class DataSets
{
    // #66FF00: what a guide shows where something is to be made (docs/inpaint-pipeline.md, section 2).
    private static readonly Rgb GuideColour = new(102, 255, 0);

    /// <summary>`name.mp4` is the clip as it is wanted, `name_mask.mp4` its mask, `name.txt` its prompt.</summary>
    /// <param name="folder">is made</param>
    public static async Task WriteInpaintAsync(string folder, IEnumerable<Scene> scenes)
    {
        foreach ((int i, Scene scene) in scenes.Index())
        {
            string name = Named(folder, i);
            await ClipFile.WriteAsync(name + ".mp4", scene.Target);
            await ClipFile.WriteAsync(name + "_mask.mp4", scene.CellMask);
            await File.WriteAllTextAsync(name + ".txt", scene.Prompt);
        }
    }

    /// <summary>`name_start.mp4` is what the product shows of the source, `name_end.mp4` the clip as it is wanted, `name.txt` its prompt.</summary>
    /// <param name="folder">is made</param>
    public static async Task WriteVideoToVideoAsync(string folder, IEnumerable<Scene> scenes)
    {
        foreach ((int i, Scene scene) in scenes.Index())
        {
            string name = Named(folder, i);
            await ClipFile.WriteAsync(name + "_start.mp4", frame => Guide(scene, frame));
            await ClipFile.WriteAsync(name + "_end.mp4", scene.Target);
            await File.WriteAllTextAsync(name + ".txt", scene.Prompt);
        }
    }

    /// <summary>The files of a folder as a zip beside it.</summary>
    /// <returns>its path</returns>
    public static string Zip(string folder)
    {
        string zip = folder.TrimEnd(Path.DirectorySeparatorChar) + ".zip";
        File.Delete(zip);
        ZipFile.CreateFromDirectory(folder, zip);
        return zip;
    }

    private static string Named(string folder, int index) => Path.Combine(Directory.CreateDirectory(folder).FullName, $"scene-{index:D3}");

    private static byte[] Guide(Scene scene, int frame)
    {
        (byte[] pixels, byte[] mask) = (scene.Source(frame), scene.GrownMask(frame));
        for (int i = 0; i < mask.Length; i++)
        {
            if (mask[i] != 0) (pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]) = ((byte)GuideColour.Red, (byte)GuideColour.Green, (byte)GuideColour.Blue);
        }
        return pixels;
    }
}
