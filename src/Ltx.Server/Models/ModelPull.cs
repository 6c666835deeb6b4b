using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ltx.Inference.Weights;
using Ltx.Server.Storage;

namespace Ltx.Server.Models;

/// <summary>
/// Brings a model of the manifest into a folder: commits, sizes and hashes first, then the bytes, <c>model.json</c> last. Can be broken off
/// at any moment and begun again.
/// </summary>
/// <param name="hub">where from</param>
/// <param name="name">the model's in the manifest</param>
/// <param name="model">what the manifest says</param>
/// <param name="folder">where to</param>
internal sealed class ModelPull(HubClient hub, string name, ModelManifest.Model model, string folder)
{
    private readonly string folder = Path.GetFullPath(folder);

    /// <summary>What is to be loaded. Asks the hub, and writes the lock file.</summary>
    /// <param name="update">ask for the branches' commits anew, where an earlier pull has pinned them</param>
    /// <exception cref="ModelException">The hub does not say, or the folder belongs to another model.</exception>
    public async Task<PullPlan> PlanAsync(bool update, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        ModelLock? before = ModelLock.Read(folder);
        if (before is not null && before.Model != name) throw new ModelException($"{folder} holds the model {before.Model}; pull {name} into another folder.");
        Dictionary<string, string> commits = update || before is null ? [] : new(before.Repositories);
        Dictionary<string, ModelLock.Entry> files = [];
        List<string> notes = [];
        foreach (ModelManifest.Part part in model.Parts.Values)
        {
            // What a commit holds does not change: what was locked need not be asked for again, and a whole model starts without a network.
            Dictionary<string, HubFile> stated = (update ? null : Locked(before, part)) ?? await AskAsync(part, commits, cancellation);
            foreach ((string local, HubFile file) in stated)
            {
                commits[part.Repository] = file.Commit;
                // Two parts may be one file.
                files[local] = ModelLock.Entry.Of(file, IsThere(local, file, before));
                if (part.Bytes is { } expected && expected != file.Bytes) notes.Add(string.Create(CultureInfo.InvariantCulture, $"{file.Path} has {file.Bytes} bytes where the manifest knows {expected}: the publisher has replaced it."));
            }
        }
        ModelLock locked = new(name, commits, files);
        locked.Write(folder);
        return new PullPlan(locked, [.. files.Where(file => !file.Value.Loaded).Select(file => file.Key)], notes);
    }

    /// <summary>Loads what is missing.</summary>
    /// <param name="tell">told the file's name, bytes so far, and bytes in all; from any thread</param>
    /// <exception cref="ModelException">A file cannot be had, or there is no space for it.</exception>
    public async Task LoadAsync(PullPlan plan, Action<string, long, long> tell, CancellationToken cancellation)
    {
        using FileStream alone = TakeFolder();
        long total = plan.Missing.Sum(local => plan.Lock.Files[local].Bytes), done = 0;
        CheckSpace(plan);
        Dictionary<string, ModelLock.Entry> files = new(plan.Lock.Files);
        foreach (string local in plan.Missing)
        {
            HubFile file = files[local].ToFile();
            string final = Local(local);
            Directory.CreateDirectory(Path.GetDirectoryName(final)!);
            if (await AdoptAsync(file, final, cancellation))
            {
                tell(local, Interlocked.Add(ref done, file.Bytes), total);
            }
            else
            {
                using PartialFile part = PartialFile.At(file, final, hub.Options.SegmentBytes);
                tell(local, Interlocked.Add(ref done, part.Done), total);
                await new RangeDownloader(hub, bytes => tell(local, Interlocked.Add(ref done, bytes), total)).LoadAsync(part, cancellation);
                part.Publish(final);
            }
            files[local] = files[local] with { Loaded = true };
            (plan.Lock with { Files = files }).Write(folder);
        }
        WriteModelFile();
    }

    /// <summary>Bytes that still have to come: of the missing files what an earlier pull has not left here.</summary>
    public long BytesToLoad(PullPlan plan) => plan.Missing.Where(local => !File.Exists(Local(local)))
        .Sum(local => plan.Lock.Files[local].Bytes - PartialFile.DoneAt(plan.Lock.Files[local].ToFile(), Local(local), hub.Options.SegmentBytes));

    // Null where the lock has nothing of the part.
    private static Dictionary<string, HubFile>? Locked(ModelLock? before, ModelManifest.Part part)
    {
        Dictionary<string, HubFile> files = (before?.Files ?? new Dictionary<string, ModelLock.Entry>())
            .Where(file => file.Value.Repository == part.Repository && (part.Folder is null ? file.Key == part.File : file.Key.StartsWith($"{part.Folder}/", StringComparison.Ordinal)))
            .ToDictionary(file => file.Key, file => file.Value.ToFile());
        return files.Count > 0 ? files : null;
    }

    private async Task<Dictionary<string, HubFile>> AskAsync(ModelManifest.Part part, Dictionary<string, string> commits, CancellationToken cancellation)
    {
        // One commit for all parts of a repository, whatever is pushed meanwhile.
        if (!commits.TryGetValue(part.Repository, out string? commit)) commit = await hub.CommitAsync(part.Repository, part.Revision, cancellation);
        Dictionary<string, HubFile> files = [];
        foreach (string path in await PathsAsync(part, commit, cancellation)) files.Add(part.Folder is null ? path : $"{part.Folder}/{path}", await hub.FileAsync(part.Repository, commit, path, cancellation));
        return files;
    }

    private async Task<IReadOnlyList<string>> PathsAsync(ModelManifest.Part part, string commit, CancellationToken cancellation)
    {
        if (part.File is { } single) return [single];
        Regex[] wanted = [.. part.Files!.Select(pattern => new Regex($"^{Regex.Escape(pattern).Replace("\\*", "[^/]*", StringComparison.Ordinal)}$", RegexOptions.CultureInvariant))];
        List<string> paths = [.. (await hub.PathsAsync(part.Repository, commit, cancellation)).Where(path => wanted.Any(pattern => pattern.IsMatch(path))).Order(StringComparer.Ordinal)];
        return paths.Count > 0 ? paths : throw new ModelException($"{part.Repository} has none of the files {string.Join(", ", part.Files!)}.");
    }

    // By its length and the lock that was written when it was pulled; `verify` looks at the bytes.
    private bool IsThere(string local, HubFile file, ModelLock? before)
    {
        FileInfo there = new(Local(local));
        return there.Exists && there.Length == file.Bytes && before?.Files.GetValueOrDefault(local) is { Loaded: true } entry && entry.Hash == file.Hash;
    }

    // A file that somebody put there is taken if it is the right one, and never written over if it is not.
    private static async Task<bool> AdoptAsync(HubFile file, string final, CancellationToken cancellation)
    {
        if (!File.Exists(final)) return false;
        if (new FileInfo(final).Length == file.Bytes && await file.Hash.OfFileAsync(final, null, cancellation) == file.Hash) return true;
        throw new ModelException($"{final} is not the file that the hub has; move it away, and pull again.");
    }

    private void CheckSpace(PullPlan plan)
    {
        long needed = BytesToLoad(plan), free = new DriveInfo(folder).AvailableFreeSpace;
        if (needed > free) throw new ModelException(string.Create(CultureInfo.InvariantCulture, $"The disk of {folder} has {free / 1e9:0.0} GB free, and {needed / 1e9:0.0} GB are still to be loaded."));
    }

    private FileStream TakeFolder()
    {
        try
        {
            return new FileStream(Path.Combine(folder, ".pull.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException e)
        {
            throw new ModelException($"Another process is pulling into {folder}.", e);
        }
    }

    private void WriteModelFile()
    {
        JsonObject content = [];
        foreach (string key in (ReadOnlySpan<string>)["checkpoint", "upscaler", "distilled_lora", "inpaint_adapter", "text_encoder"]) content[key] = model.Parts.GetValueOrDefault(key)?.Local;
        content["prompt_expansion"] = model.PromptExpansion;
        string path = Path.Combine(folder, ModelFolder.FileName), fresh = path + ".new";
        File.WriteAllText(fresh, content.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
        DurableFile.Publish(fresh, path);
    }

    private string Local(string local) => Path.Combine(folder, local);
}
