using System.Text.Json;
using System.Text.Json.Serialization;
using Ltx.Server.Storage;

namespace Ltx.Server.Models;

/// <summary>What was pulled into a model folder, beside the weights: later pulls stay with these commits, and `verify` checks against these hashes.</summary>
/// <param name="Model">its name in the manifest</param>
/// <param name="Repositories">the commit of each</param>
/// <param name="Files">by path in the folder, with forward slashes</param>
internal sealed record ModelLock(string Model, IReadOnlyDictionary<string, string> Repositories, IReadOnlyDictionary<string, ModelLock.Entry> Files)
{
    public const string FileName = "models.lock.json";

    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    /// <summary>One file as the hub stated it.</summary>
    /// <param name="Loaded">whether its bytes have been here and were checked</param>
    internal sealed record Entry(string Repository, string Commit, string Path, long Bytes, ContentHash Hash, bool Loaded)
    {
        public static Entry Of(HubFile file, bool loaded) => new(file.Repository, file.Commit, file.Path, file.Bytes, file.Hash, loaded);

        public HubFile ToFile() => new(Repository, Commit, Path, Bytes, Hash);
    }

    /// <returns>null where the folder has none</returns>
    /// <exception cref="ModelException">It is damaged.</exception>
    public static ModelLock? Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) return null;
        try
        {
            return JsonSerializer.Deserialize<ModelLock>(File.ReadAllBytes(path), Options);
        }
        catch (JsonException e)
        {
            throw new ModelException($"{path} is not a lock file; remove it and pull again, which checks what is there. ({e.Message})", e);
        }
    }

    public void Write(string folder)
    {
        string path = Path.Combine(folder, FileName), fresh = path + ".new";
        File.WriteAllBytes(fresh, JsonSerializer.SerializeToUtf8Bytes(this, Options));
        DurableFile.Publish(fresh, path);
    }
}
