using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Microsoft.Win32.SafeHandles;

namespace Ltx.Server.Models;

/// <summary>What the hub identifies a content by: SHA-256 for large files, and for small ones the name of git's object.</summary>
/// <param name="Kind">which of them</param>
/// <param name="Value">hexadecimal digits, lower case</param>
internal sealed record ContentHash(ContentHash.Algorithm Kind, string Value)
{
    private const int BufferSize = 4 << 20;

    [JsonConverter(typeof(JsonStringEnumConverter<Algorithm>))]
    internal enum Algorithm
    {
        /// <summary>Of the content.</summary>
        Sha256,

        /// <summary>SHA-1 of "blob", its length and the content.</summary>
        GitBlob,
    }

    /// <summary>Null where a text is neither.</summary>
    public static ContentHash? Parse(string? text) => text?.ToLowerInvariant() switch
    {
        { Length: 64 } sha when sha.All(char.IsAsciiHexDigit) => new ContentHash(Algorithm.Sha256, sha),
        { Length: 40 } git when git.All(char.IsAsciiHexDigit) => new ContentHash(Algorithm.GitBlob, git),
        _ => null,
    };

    /// <summary>The same kind of hash of a file's content.</summary>
    /// <param name="progress">told of bytes as they are read</param>
    public async Task<ContentHash> OfFileAsync(string path, Action<long>? progress, CancellationToken cancellation)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.Asynchronous | FileOptions.SequentialScan);
        return await OfAsync(file, progress, cancellation);
    }

    /// <summary>The same of an open file.</summary>
    public async Task<ContentHash> OfAsync(SafeFileHandle file, Action<long>? progress, CancellationToken cancellation)
    {
        long length = RandomAccess.GetLength(file);
        // SHA-1 is git's choice of a name, and nothing here trusts it more than the hub does.
#pragma warning disable CA5350
        using IncrementalHash hash = IncrementalHash.CreateHash(Kind == Algorithm.Sha256 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
#pragma warning restore CA5350
        if (Kind == Algorithm.GitBlob) hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {length}\0")));
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int read;
            for (long at = 0; (read = await RandomAccess.ReadAsync(file, buffer, at, cancellation)) > 0; at += read)
            {
                hash.AppendData(buffer, 0, read);
                progress?.Invoke(read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        return this with { Value = Convert.ToHexStringLower(hash.GetHashAndReset()) };
    }

    public override string ToString() => $"{(Kind == Algorithm.Sha256 ? "SHA-256" : "git blob")} {Value}";
}
