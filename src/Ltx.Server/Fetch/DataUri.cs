using System.Buffers;
using System.Buffers.Text;
using System.Globalization;

namespace Ltx.Server.Fetch;

/// <summary><c>data:</c> URIs (RFC 2397), decoded piece by piece into a file: the text is already in memory, its content need not be too.</summary>
internal static class DataUri
{
    private const string Scheme = "data:";
    private const int LongestHeader = 1000;

    /// <summary>Of four characters a group, so that every full piece decodes by itself.</summary>
    private const int Piece = 64 * 1024;

    public static bool Is(string url) => url.AsSpan().TrimStart().StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <returns>The media type that the URI states; RFC 2397's default where it states none.</returns>
    public static async Task<string> DecodeAsync(string url, TempFile file, CancellationToken ct)
    {
        int start = url.IndexOf(':') + 1;
        int comma = url.AsSpan(start, Math.Min(LongestHeader, url.Length - start)).IndexOf(',');
        if (comma < 0)
        {
            throw Malformed("it has no comma behind its media type");
        }
        string header = url.Substring(start, comma).Trim();
        int last = header.LastIndexOf(';');
        bool base64 = last >= 0 && header.AsSpan(last + 1).Trim().Equals("base64", StringComparison.OrdinalIgnoreCase);
        string mediaType = base64 ? header[..last] : header;
        ReadOnlyMemory<char> payload = url.AsMemory(start + comma + 1).TrimEnd();
        await (base64 ? DecodeBase64Async(payload, file, ct) : DecodeTextAsync(payload, file, ct));
        return mediaType.Length == 0 || mediaType[0] == ';' ? "text/plain" + (mediaType.Length == 0 ? ";charset=US-ASCII" : mediaType) : mediaType;
    }

    private static async Task DecodeTextAsync(ReadOnlyMemory<char> payload, TempFile file, CancellationToken ct)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            for (int at = 0; at < payload.Length;)
            {
                int count = 0;
                for (; at < payload.Length && count < Piece; count++)
                {
                    bytes[count] = NextByte(payload.Span, ref at);
                }
                await file.WriteAsync(bytes.AsMemory(0, count), ct);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static async Task DecodeBase64Async(ReadOnlyMemory<char> payload, TempFile file, CancellationToken ct)
    {
        byte[] text = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            int count = 0;
            int padding = 0;
            for (int at = 0; at < payload.Length;)
            {
                byte c = NextByte(payload.Span, ref at);
                if (c is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)'\f')
                {
                    continue;
                }
                if (c == '=')
                {
                    padding++;
                    continue;
                }
                if (padding > 0)
                {
                    throw Malformed("its base64 goes on behind its end");
                }
                if (count == Piece)
                {
                    await WriteDecodedAsync(text.AsMemory(0, count), file, ct);
                    count = 0;
                }
                text[count++] = c;
            }
            // Padding may be left out, but what is there must be right.
            int open = (4 - count % 4) % 4;
            if (open == 3 || (padding > 0 && padding != open))
            {
                throw Malformed("its base64 is cut off");
            }
            text.AsSpan(count, open).Fill((byte)'=');
            await WriteDecodedAsync(text.AsMemory(0, count + open), file, ct);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(text);
        }
    }

    private static async ValueTask WriteDecodedAsync(Memory<byte> text, TempFile file, CancellationToken ct)
    {
        if (Base64.DecodeFromUtf8InPlace(text.Span, out int written) != OperationStatus.Done)
        {
            throw Malformed("it is not base64");
        }
        await file.WriteAsync(text[..written], ct);
    }

    private static byte NextByte(ReadOnlySpan<char> payload, ref int at)
    {
        char c = payload[at++];
        if (c == '%')
        {
            if (at + 2 > payload.Length || !char.IsAsciiHexDigit(payload[at]) || !char.IsAsciiHexDigit(payload[at + 1]))
            {
                throw Malformed("a % in it is not followed by two hexadecimal digits");
            }
            at += 2;
            return byte.Parse(payload.Slice(at - 2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        }
        return c is '#' or > '\x7e' ? throw Malformed("a character in it should be escaped") : (byte)c;
    }

    private static FetchException Malformed(string reason) => FetchException.Download(Scheme, reason);
}
