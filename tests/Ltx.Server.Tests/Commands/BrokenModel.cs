using System.Text.Json.Nodes;

namespace Ltx.Server.Tests.Commands;

/// <summary>A model folder that names the miniature's own parts, but for those that a test puts in their place.</summary>
internal static class BrokenModel
{
    public const string Checkpoint = "checkpoint", Upscaler = "upscaler", TextEncoder = "text_encoder";

    /// <summary>The file or folder of the miniature that is the part.</summary>
    public static string Part(string key) => Path.Combine(Repository.Model, Description()[key]!.GetValue<string>());

    /// <summary>Writes the folder's model.json.</summary>
    /// <param name="folder">of the test</param>
    /// <param name="key">the part to replace</param>
    /// <param name="value">what the file says of it</param>
    public static string Naming(TestFolder folder, string key, JsonNode? value)
    {
        JsonObject description = Description();
        foreach (string part in new[] { Checkpoint, Upscaler, TextEncoder, "recipe" }) description[part] = Part(part);
        description[key] = value;
        return Described(folder, description.ToJsonString());
    }

    /// <summary>Writes any model.json.</summary>
    public static string Described(TestFolder folder, string json)
    {
        string model = folder.Folder("model");
        File.WriteAllText(Path.Combine(model, "model.json"), json);
        return model;
    }

    /// <summary>Takes a changed copy of a safetensors file for the part.</summary>
    public static string Rewriting(TestFolder folder, string key, Action<SafetensorsRewriter> change)
    {
        SafetensorsRewriter file = SafetensorsRewriter.Open(Part(key));
        change(file);
        string path = folder.Named("part.safetensors");
        file.Write(path);
        return Naming(folder, key, path);
    }

    /// <summary>Takes other bytes for the part.</summary>
    public static string Replacing(TestFolder folder, string key, Func<byte[], byte[]> change) =>
        Naming(folder, key, folder.Bytes("part.safetensors", change(File.ReadAllBytes(Part(key)))));

    /// <summary>Takes a changed copy of the text encoder's folder.</summary>
    public static string TextEncoderChanged(TestFolder folder, Action<string> change)
    {
        string copy = folder.Folder("text-encoder");
        foreach (string file in Directory.GetFiles(Part(TextEncoder))) File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        change(copy);
        return Naming(folder, TextEncoder, copy);
    }

    private static JsonObject Description() => JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Model, "model.json")))!.AsObject();
}
