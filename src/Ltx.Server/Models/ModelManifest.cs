using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ltx.Server.Models;

/// <summary>Which models can be had, from where, and under what licence: <c>models/manifest.json</c>. It states only what is known.</summary>
/// <param name="Endpoint">the hub</param>
/// <param name="Licences">by the names that the parts use</param>
/// <param name="Models">by name</param>
internal sealed record ModelManifest(Uri Endpoint, IReadOnlyDictionary<string, ModelManifest.Licence> Licences, IReadOnlyDictionary<string, ModelManifest.Model> Models)
{
    public const string FileName = "manifest.json";

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <summary>What somebody agrees to who downloads.</summary>
    internal sealed record Licence(string Name, Uri Page);

    /// <summary>One model folder.</summary>
    /// <param name="Description">for a person</param>
    /// <param name="PromptExpansion">whether its Gemma is trained to write</param>
    /// <param name="Parts">by their keys in <c>model.json</c></param>
    internal sealed record Model(string Description, bool PromptExpansion, IReadOnlyDictionary<string, Part> Parts);

    /// <summary>One key of <c>model.json</c>: a file, or a folder with several.</summary>
    /// <param name="Repository">owner and name on the hub</param>
    /// <param name="Licence">a key of the manifest's licences</param>
    /// <param name="File">where it is one file</param>
    /// <param name="Folder">where it is a folder: its name here</param>
    /// <param name="Files">and which of the repository's files belong into it: names, with <c>*</c> for any characters</param>
    /// <param name="Bytes">where the file's size is known</param>
    /// <param name="Revision">branch, tag or commit</param>
    internal sealed record Part(string Repository, string Licence, string? File = null, string? Folder = null, IReadOnlyList<string>? Files = null, long? Bytes = null, string Revision = "main")
    {
        /// <summary>What <c>model.json</c> says.</summary>
        public string Local => File ?? Folder!;
    }

    /// <exception cref="ModelException">The file is missing or no manifest.</exception>
    public static ModelManifest Read(string path)
    {
        try
        {
            ModelManifest manifest = JsonSerializer.Deserialize<ModelManifest>(System.IO.File.ReadAllBytes(path), Options) ?? throw new JsonException("it is null");
            foreach (Part part in manifest.Models.Values.SelectMany(model => model.Parts.Values))
            {
                if ((part.File is null) == (part.Folder is null || part.Files is null)) throw new JsonException($"a part of {part.Repository} must name either a file, or a folder and files");
                if (!manifest.Licences.ContainsKey(part.Licence)) throw new JsonException($"the licence \"{part.Licence}\" is not described");
            }
            return manifest;
        }
        catch (JsonException e)
        {
            throw new ModelException($"{path} is not a manifest of models: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelException($"{path} cannot be read: {e.Message}", e);
        }
    }

    /// <exception cref="ModelException">There is no such model.</exception>
    public Model Find(string name) =>
        Models.TryGetValue(name, out Model? model) ? model : throw new ModelException($"There is no model \"{name}\" to pull; there are: {string.Join(", ", Models.Keys.Order(StringComparer.Ordinal))}.");
}
