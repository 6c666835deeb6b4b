using Ltx.Inference.Weights;
using Ltx.Server.Models;

namespace Ltx.Server.Media;

/// <summary>Finds the model that a person names: a folder, or one of the folders under <c>models/</c>.</summary>
internal static class ModelLocator
{
    /// <summary>The model that comes with the project.</summary>
    public const string Default = "miniature";

    /// <summary>The environment variable that names the folder which holds <c>models/</c>; the launcher and the container set it.</summary>
    public const string HomeVariable = "LTX_HOME";

    /// <summary>The folder that holds <c>models/</c>: what the environment says, or the nearest one above the program.</summary>
    public static string Home
    {
        get
        {
            if (Environment.GetEnvironmentVariable(HomeVariable) is { Length: > 0 } home) return Path.GetFullPath(home);
            for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            {
                if (File.Exists(Path.Combine(folder, "models", Default, ModelFolder.FileName))) return folder;
            }
            return Environment.CurrentDirectory;
        }
    }

    /// <summary>The folder of model folders.</summary>
    public static string Models => Path.Combine(Home, "models");

    /// <summary>Where the operator's own recipes are looked for, before the program's.</summary>
    public static string Recipes => Path.Combine(Models, "recipes");

    /// <summary>The models that are here.</summary>
    public static IEnumerable<string> Names => !Directory.Exists(Models) ? [] : Directory.EnumerateDirectories(Models)
        .Where(folder => File.Exists(Path.Combine(folder, ModelFolder.FileName))).Select(folder => Path.GetFileName(folder))
            .Order(StringComparer.Ordinal);

    /// <exception cref="WeightsException">There is no such model, or it is not whole.</exception>
    public static ModelFolder Open(string nameOrFolder)
    {
        if (Directory.Exists(nameOrFolder)) return OpenFolder(nameOrFolder);
        string named = Path.Combine(Models, nameOrFolder);
        if (Directory.Exists(named)) return OpenFolder(named);
        throw new WeightsException(IsPublished(nameOrFolder)
            ? $"The model \"{nameOrFolder}\" is not here yet: `ltx models pull {nameOrFolder}` gets it."
            : $"There is no model \"{nameOrFolder}\": neither a folder of that name, nor {named}.");
    }

    private static bool IsPublished(string name)
    {
        string manifest = Path.Combine(Models, ModelManifest.FileName);
        return File.Exists(manifest) && ModelManifest.Read(manifest).Models.ContainsKey(name);
    }

    /// <summary>Says what it has to unpack first, which takes seconds at the first run: the project's own model lies in it packed.</summary>
    /// <exception cref="WeightsException">The folder holds no model, or it is not whole.</exception>
    public static ModelFolder OpenFolder(string folder)
    {
        if (!File.Exists(Path.Combine(folder, ModelFolder.FileName)) && ModelLock.Read(folder) is { } begun)
        {
            string to = Path.GetFullPath(folder) == Path.Combine(Models, begun.Model) ? "" : $" --to {folder}";
            throw new WeightsException($"{folder} holds only a part of the model {begun.Model}: `ltx models pull {begun.Model}{to}` gets the rest.");
        }
        return ModelFolder.Open(folder, file => Console.Error.WriteLine($"ltx: unpacking {file}, once"));
    }
}
