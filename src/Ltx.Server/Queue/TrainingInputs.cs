using Ltx.Server.Fal;
using Ltx.Server.Fetch;
using Ltx.Server.Files;
using Ltx.Server.Storage;

namespace Ltx.Server.Queue;

/// <summary>
/// What a training is made of, on the local disk. What was downloaded for it is kept in its folder: a later attempt need not download a data set
/// again, and its URL may be good for an hour only.
/// </summary>
internal sealed class TrainingInputs(StoredInputs stored, InputFetcher fetcher, TrainingFolders folders, DiskBudget disk)
{
    private const string Unfinished = ".new";

    /// <summary>All inputs, or what is wrong with them.</summary>
    /// <exception cref="StorageFullException">They have no room.</exception>
    public async Task<(FetchedInputs? Inputs, InputProblem? Problem)> FetchAsync(LiveRequest request, CancellationToken ct)
    {
        var reading = stored.Read(request);
        if (reading.Input is not { } input)
        {
            return (null, new InputProblem(reading.Problems, null));
        }

        var folder = folders.Inputs(request.Id);
        return await fetcher.FetchAsync(input, OpenAsync, ct);

        async Task<FetchedFile> OpenAsync(WantedFile wanted, int place, CancellationToken stop) =>
            Kept(folder, place) ?? await KeepAsync(folder, place, await fetcher.OpenAsync(wanted.Url, wanted.Kind, stop));
    }

    /// <summary>A file's name says its place among the inputs and its hash.</summary>
    private static FetchedFile? Kept(string folder, int place)
    {
        bool IsIt(string name) => name.StartsWith($"{place}-", StringComparison.Ordinal) && !name.EndsWith(Unfinished, StringComparison.Ordinal);
        var path = OwnFiles.In(folder, IsIt).FirstOrDefault();
        return path is null ? null : new FetchedFile(path, Path.GetFileName(path).Split('-')[1], new FileInfo(path).Length, contentType: null);
    }

    private async Task<FetchedFile> KeepAsync(string folder, int place, FetchedFile file)
    {
        // Uploads of ours and the operator's own files stay where they are.
        if (!file.IsTemporary)
        {
            return file;
        }

        await using var _ = file;
        disk.Require(file.Length);
        var path = Path.Combine(folder, $"{place}-{file.Sha256}");
        File.Move(file.Path, path + Unfinished, overwrite: true);
        DurableFile.Publish(path + Unfinished, path);
        return new FetchedFile(path, file.Sha256, file.Length, file.ContentType);
    }
}
