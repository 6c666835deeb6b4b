using Ltx.Server.Auth;
using Ltx.Server.Configuration;
using Ltx.Server.Files;
using Ltx.Server.Http;
using Ltx.Server.Storage;

namespace Ltx.Server.Playground;

/// <summary>
/// Where the page's masks, previews and thumbnails are made: a few at a time beside the queue's own work, in a folder of their own, kept as uploads are.
/// </summary>
internal sealed class Workbench(LtxOptions options, DataFolder folder, FileStore files, DiskBudget budget, ILogger<Workbench> logger)
{
    /// <summary>Films take all that their ffmpeg may have; two leave room for the queue.</summary>
    private const int FilmsAtATime = 2;

    private const int PicturesAtATime = 2;

    private readonly Turns _films = New(options, FilmsAtATime);
    private readonly Turns _pictures = New(options, PicturesAtATime);

    /// <summary>A file made by <paramref name="make"/>, which is told where to write, stored for the caller as if it had been uploaded.</summary>
    public Task<StoredFile> MakeFilmAsync(HttpContext context, string contentType, Func<string, Task> make, CancellationToken ct) => InTurnAsync(_films, context, async () =>
    {
        budget.Require(0);
        var work = Directory.CreateDirectory(folder.NewFilmWork()).FullName;
        try
        {
            var path = Path.Combine(work, "film" + ContentTypes.Extension(contentType, null));
            await make(path);
            budget.Require(new FileInfo(path).Length);
            return await files.AdoptUploadAsync(Caller.Of(context).Owner, path, contentType);
        }
        finally
        {
            OwnFiles.TryRemove(work, logger);
        }
    }, ct);

    public Task<byte[]> MakePictureAsync(HttpContext context, Func<Task<byte[]>> make, CancellationToken ct) => InTurnAsync(_pictures, context, make, ct);

    private static Turns New(LtxOptions options, int count) =>
        new(count, TimeSpan.FromSeconds(options.Files.UploadWaitSeconds), "The server is busy with other masks and previews. Please try again.");

    private static async Task<T> InTurnAsync<T>(Turns turns, HttpContext context, Func<Task<T>> make, CancellationToken ct)
    {
        using var turn = await turns.EnterAsync(Turns.WhoCalls(context), ct);
        return await make();
    }
}
