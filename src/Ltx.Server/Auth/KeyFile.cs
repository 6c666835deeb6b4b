using System.Text.Json;
using Ltx.Server.Storage;

namespace Ltx.Server.Auth;

/// <summary>
/// The keys that `ltx keys` has made, in the data folder. The server looks at the file at every call that needs a key, so that what was made or
/// revoked counts at once: it is a few hundred bytes, which are parsed again only when they differ.
/// </summary>
internal sealed class KeyFile(DataFolder folder)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    private readonly Lock gate = new();
    private byte[] seen = [];
    private IReadOnlyList<Entry> current = [];

    /// <summary>One key; its secret is nowhere.</summary>
    /// <param name="Name">whose requests are its</param>
    /// <param name="Hash">SHA-256 of the secret, hex</param>
    /// <param name="CreatedAt">when it was made</param>
    /// <param name="MaxWaiting">waiting requests that it may have; 0 for any</param>
    /// <param name="RequestsPerMinute">submits a minute; 0 for any</param>
    internal sealed record Entry(string Name, string Hash, DateTimeOffset CreatedAt, int MaxWaiting = 0, int RequestsPerMinute = 0)
    {
        public ApiKey ToKey() => new(Name, Convert.FromHexString(Hash), MaxWaiting, RequestsPerMinute);
    }

    /// <summary>What the file holds now.</summary>
    /// <exception cref="DataFolderException">It is damaged.</exception>
    public IReadOnlyList<Entry> Read()
    {
        lock (gate)
        {
            byte[] bytes = File.Exists(folder.KeyFile) ? File.ReadAllBytes(folder.KeyFile) : [];
            if (bytes.AsSpan().SequenceEqual(seen)) return current;
            try
            {
                List<Entry> entries = bytes.Length == 0 ? [] : JsonSerializer.Deserialize<List<Entry>>(bytes, Options)
                    ?? throw new JsonException("it is null");
                foreach (Entry entry in entries) entry.ToKey();
                (seen, current) = (bytes, entries);
                return current;
            }
            catch (Exception e) when (e is JsonException or FormatException)
            {
                throw new DataFolderException(
                    $"{folder.KeyFile} is damaged ({e.Message.TrimEnd('.')}). Put a copy of it back, or remove it and make the keys anew with "
                    + "`ltx keys create`.",
                    e);
            }
        }
    }

    /// <summary>Changes the file, alone among those who would.</summary>
    /// <exception cref="IOException">Somebody else changes it just now.</exception>
    public void Change(Func<IReadOnlyList<Entry>, IReadOnlyList<Entry>> change)
    {
        using FileStream alone = new(Path.Combine(folder.Root, ".keys.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        string fresh = folder.KeyFile + ".new";
        File.WriteAllBytes(fresh, JsonSerializer.SerializeToUtf8Bytes(change(Read()), Options));
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(fresh, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        DurableFile.Publish(fresh, folder.KeyFile);
    }
}
