using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Ltx.Server.Fal;
using Ltx.Server.Files;
using Ltx.Server.Http;

namespace Ltx.Server.Queue;

/// <summary>
/// The body of a completed request's result: at the result call, in a sync run, in the webhook and in listings. Stored is what cannot be
/// had again; URLs get the origin that the submit came in on, and `sync_mode` media are encoded from the file each time.
/// </summary>
internal sealed class ResultBody(FileStore files)
{
    // Names of what is stored and not answered: where a file of ours is below the origin, and what sync_mode was.
    private const string Path = "path", SyncMode = "sync_mode";

    /// <summary>Writes the body, or returns the error that stands in its place.</summary>
    public async Task<FalError?> WriteAsync(StoredRequest request, Func<Stream> open, CancellationToken ct)
    {
        if (request.Result is not { } result)
        {
            return FalError.Plain(404, "The result of this request has been deleted.");
        }

        if (request.StatusCode != 200)
        {
            await open().WriteAsync(Encoding.UTF8.GetBytes(result), ct);
            return null;
        }

        using var stored = JsonDocument.Parse(result);
        if (!stored.RootElement.TryGetProperty(SyncMode, out var inline) || !inline.GetBoolean())
        {
            await open().WriteAsync(FalJson.Bytes(json => Write(json, request, stored.RootElement)), ct);
            return null;
        }

        using var lease = files.Lease(request.OutputId!);
        if (lease is null)
        {
            return FalError.Plain(404, "The video of this request has reached the end of its life.");
        }

        await WriteInlineAsync(open(), stored.RootElement, lease, ct);
        return null;
    }

    /// <summary>Writes a file as a result holds it.</summary>
    public static void WriteStored(Utf8JsonWriter json, string name, StoredFile file)
    {
        json.WriteStartObject(name);
        json.WriteString(Path, file.UrlPath);
        json.WriteString("content_type", file.ContentType);
        json.WriteString("file_name", file.FileName);
        json.WriteNumber("file_size", file.Size);
        json.WriteEndObject();
    }

    /// <summary>The output object for listings and webhooks: always with the files' URLs.</summary>
    public static void Write(Utf8JsonWriter json, StoredRequest request, JsonElement stored)
    {
        json.WriteStartObject();
        foreach (var property in stored.EnumerateObject().Where(property => property.Name != SyncMode))
        {
            if (property.Value.ValueKind != JsonValueKind.Object)
            {
                property.WriteTo(json);
                continue;
            }

            json.WriteStartObject(property.Name);
            json.WriteString("url", Origin.OfStored(request.BaseUrl) + property.Value.GetProperty(Path).GetString());
            WriteFileFields(json, property.Value);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteFileFields(Utf8JsonWriter json, JsonElement file)
    {
        json.WriteString("content_type", file.GetProperty("content_type").GetString());
        json.WriteString("file_name", file.GetProperty("file_name").GetString());
        json.WriteNumber("file_size", file.GetProperty("file_size").GetInt64());
    }

    private static void WriteRest(Utf8JsonWriter json, JsonElement stored)
    {
        json.WriteNumber("seed", stored.GetProperty("seed").GetInt64());
        json.WriteString("prompt", stored.GetProperty("prompt").GetString());
    }

    /// <summary>A video of hundreds of megabytes is not gathered in memory: the base64 text is written as the file is read.</summary>
    private static async Task WriteInlineAsync(Stream target, JsonElement stored, FileLease lease, CancellationToken ct)
    {
        var video = stored.GetProperty("video");
        await target.WriteAsync(Encoding.ASCII.GetBytes($"{{\"video\":{{\"url\":\"data:{video.GetProperty("content_type").GetString()};base64,"), ct);
        var bytes = ArrayPool<byte>.Shared.Rent(48 * 1024);
        var text = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            await using FileStream source = new(lease.Path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
            int read;
            while ((read = await source.ReadAtLeastAsync(bytes.AsMemory(0, 48 * 1024), 48 * 1024, throwOnEndOfStream: false, ct)) > 0)
            {
                Base64.EncodeToUtf8(bytes.AsSpan(0, read), text, out _, out var written);
                await target.WriteAsync(text.AsMemory(0, written), ct);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            ArrayPool<byte>.Shared.Return(text);
        }

        // The writer's output without its opening brace continues the object begun above.
        await target.WriteAsync("\","u8.ToArray(), ct);
        await target.WriteAsync(FalJson.Bytes(json =>
        {
            json.WriteStartObject();
            WriteFileFields(json, video);
            json.WriteEndObject();
        }).AsMemory(1), ct);
        await target.WriteAsync(","u8.ToArray(), ct);
        await target.WriteAsync(FalJson.Bytes(json =>
        {
            json.WriteStartObject();
            WriteRest(json, stored);
            json.WriteEndObject();
        }).AsMemory(1), ct);
    }
}
