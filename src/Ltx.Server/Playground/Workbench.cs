using Ltx.Server.Configuration;
using Ltx.Server.Files;
using Ltx.Server.Storage;

namespace Ltx.Server.Playground;

/// <summary>
/// Where the page's masks, previews and thumbnails are made: a few at a time beside the queue's own work, in a folder of their own, kept as uploads are.
/// </summary>
internal sealed class Workbench(LtxOptions options, DataFolder folder, FileStore files, DiskBudget budget, ILogger<Workbench> logger) : IDisposable
{
    /// <summary>Films take all that their ffmpeg may have; two leave room for the queue.</summary>
    private const int FilmsAtATime = 2;

    private const int PicturesAtATime = 2;

    private readonly SemaphoreSlim _films = new(FilmsAtATime);
    private readonly SemaphoreSlim _pictures = new(PicturesAtATime);

    /// <summary>A file made by <paramref name="make"/>, which is told where to write, stored for the owner as if it had been uploaded.</summary>
    public Task<StoredFile> MakeFilmAsync(string owner, string contentType, Func<string, Task> make, CancellationToken ct) => InTurnAsync(_films, async () =>
    {
        budget.Require(0);
        var work = Directory.CreateDirectory(folder.NewFilmWork()).FullName;
        try
        {
            var path = Path.Combine(work, "film" + ContentTypes.Extension(contentType, null));
            await make(path);
            budget.Require(new FileInfo(path).Length);
            return await files.AdoptUploadAsync(owner, path, contentType);
        }
        finally
        {
            OwnFiles.TryRemove(work, logger);
        }
    }, ct);

    public Task<byte[]> MakePictureAsync(Func<Task<byte[]>> make, CancellationToken ct) => InTurnAsync(_pictures, make, ct);

    public void Dispose()
    {
        _films.Dispose();
        _pictures.Dispose();
    }

    private async Task<T> InTurnAsync<T>(SemaphoreSlim turns, Func<Task<T>> make, CancellationToken ct)
    {
        if (!await turns.WaitAsync(TimeSpan.FromSeconds(options.Files.UploadWaitSeconds), ct))
        {
            throw new UploadException(503, "The server is busy with other masks and previews. Please try again.");
        }

        try
        {
            return await make();
        }
        finally
        {
            turns.Release();
        }
    }
}
