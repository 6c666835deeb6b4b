using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Recipes;

/// <summary>
/// Finds recipes by name and reads them. Those of models/recipes/ are part of the program; a folder of the operator's may hold others, and
/// newer ones of the same names.
/// </summary>
public static class RecipeBook
{
    /// <summary>What a request gets where nobody names another one.</summary>
    public const string Default = "default";

    private const string Extension = ".json", ResourcePrefix = "Recipes.", Base = "based_on", GuidedKey = "guided";

    // Objects that say one thing: a member of another one's would mean nothing among theirs.
    private static readonly HashSet<string> OneValue = ["text", "modality", "schedule", "sampler", "grow", "feather", "latent_mask", "handover", "crop"];

    // A chain of bases that is longer goes in a circle.
    private const int DeepestBase = 8;

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
        IndentSize = 2,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Names of all recipes, sorted.</summary>
    /// <param name="folder">the operator's; null for the program's own alone</param>
    public static IReadOnlyList<string> Names(string? folder = null)
    {
        IEnumerable<string> own = typeof(RecipeBook).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal)).Select(name => name[ResourcePrefix.Length..^Extension.Length]);
        IEnumerable<string> others = folder is not null && Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*" + Extension).Select(file => Path.GetFileNameWithoutExtension(file)) : [];
        return [.. own.Union(others).Order(StringComparer.Ordinal)];
    }

    /// <summary>Reads a recipe.</summary>
    /// <param name="nameOrFile">a name, or the path of a JSON file</param>
    /// <param name="folder">the operator's; null for the program's own alone</param>
    /// <exception cref="RecipeException">There is none of that name, or it is not sound.</exception>
    public static Recipe Open(string nameOrFile, string? folder = null)
    {
        JsonObject whole = Whole(nameOrFile, folder, 0);
        try
        {
            Recipe recipe = whole.Deserialize<Recipe>(Options) ?? throw new JsonException("it is null");
            recipe = recipe with { Name = nameOrFile.EndsWith(Extension, StringComparison.Ordinal) ? Path.GetFileNameWithoutExtension(nameOrFile) : nameOrFile };
            recipe.Check();
            return recipe;
        }
        catch (Exception e) when (e is JsonException or RecipeException)
        {
            throw new RecipeException($"The recipe {nameOrFile} is not sound: {(e is JsonException ? JsonFault.Describe(e) : e.Message)}.", e);
        }
    }

    /// <summary>The recipe as a file that stands on no other one.</summary>
    public static string Text(Recipe recipe)
    {
        JsonObject text = JsonSerializer.SerializeToNode(recipe, Options)!.AsObject();
        Forget(text);
        return text.ToJsonString(Options);

        static void Forget(JsonObject node)
        {
            node.Remove("name");
            if (node[GuidedKey] is JsonObject guided) Forget(guided);
        }
    }

    // The file over the one that it is based on, value by value; lists are taken whole.
    private static JsonObject Whole(string nameOrFile, string? folder, int depth)
    {
        if (depth > DeepestBase) throw new RecipeException($"The recipe {nameOrFile} is based on itself.");
        (string text, string? beside) = Read(nameOrFile, folder);
        JsonObject own;
        try
        {
            own = JsonNode.Parse(text) as JsonObject ?? throw new JsonException("it is no object");
        }
        catch (JsonException e)
        {
            throw new RecipeException($"The recipe {nameOrFile} is not valid JSON ({JsonFault.Describe(e)}).", e);
        }
        JsonObject whole = OnItsBase(own, beside, depth, nameOrFile);
        if (whole[GuidedKey] is JsonObject guided)
        {
            whole.Remove(GuidedKey);
            whole[GuidedKey] = OnItsBase(guided, beside, depth, nameOrFile);
        }
        return whole;
    }

    private static JsonObject OnItsBase(JsonObject own, string? folder, int depth, string name)
    {
        if (own[Base] is not { } named) return own;
        if (named is not JsonValue value || !value.TryGetValue(out string? other)) throw new RecipeException($"The recipe {name}: {Base} must be a name.");
        own.Remove(Base);
        JsonObject whole = Whole(other, folder, depth + 1);
        Merge(whole, own);
        return whole;
    }

    private static void Merge(JsonObject onto, JsonObject from)
    {
        foreach ((string key, JsonNode? value) in from.ToArray())
        {
            from.Remove(key);
            if (onto[key] is JsonObject below && value is JsonObject above && !OneValue.Contains(key)) Merge(below, above);
            else onto[key] = value;
        }
    }

    private static (string Text, string? Folder) Read(string nameOrFile, string? folder)
    {
        bool isFile = nameOrFile.EndsWith(Extension, StringComparison.Ordinal);
        string? file = isFile ? nameOrFile : folder is not null && nameOrFile.Length > 0 && nameOrFile.AsSpan().IndexOfAny('/', '\\') < 0 ? Path.Combine(folder, nameOrFile + Extension) : null;
        try
        {
            if (file is not null && (isFile || File.Exists(file))) return (File.ReadAllText(file), folder ?? Path.GetDirectoryName(Path.GetFullPath(file)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RecipeException($"The recipe {nameOrFile} cannot be read: {e.Message}", e);
        }
        using Stream? resource = typeof(RecipeBook).Assembly.GetManifestResourceStream(ResourcePrefix + nameOrFile + Extension);
        if (resource is null) throw new RecipeException($"There is no recipe \"{nameOrFile}\"; there are {string.Join(", ", Names(folder))}, and any JSON file by its path.");
        using StreamReader reader = new(resource);
        return (reader.ReadToEnd(), folder);
    }
}
