using System.Net.Http.Headers;

namespace Ltx.Server.Fetch;

/// <summary>What is known about the version of which a part may lie in the file.</summary>
internal sealed class DownloadProgress
{
    public Validators? Validators { get; private set; }

    public string? ContentType { get; private set; }

    /// <summary>Bytes of the whole file; null where the server does not say, or compresses.</summary>
    public long? Total { get; private set; }

    /// <summary>Null where a part cannot be continued: no strong validator, or a body whose offsets are not those of the file.</summary>
    public RangeConditionHeaderValue? IfRange { get; private set; }

    public void Begin(HttpResponseMessage response)
    {
        bool plain = response.Content.Headers.ContentEncoding.All(c => c.Equals("identity", StringComparison.OrdinalIgnoreCase));
        Validators = Validators.From(response);
        ContentType = response.Content.Headers.ContentType?.ToString();
        Total = plain && response.Headers.TransferEncodingChunked != true ? response.Content.Headers.ContentLength : null;
        IfRange = plain && !response.Headers.AcceptRanges.Contains("none") ? Validators.IfRange : null;
    }

    public void Forget() => IfRange = null;

    /// <summary>Is this the rest, from <paramref name="offset"/> to the end, of the version that was begun?</summary>
    public bool Continues(HttpResponseMessage response, long offset)
    {
        ContentRangeHeaderValue? range = response.Content.Headers.ContentRange;
        bool same = response.Headers.ETag is null || response.Headers.ETag.ToString() == Validators?.ETag;
        bool rest = range is { Unit: "bytes", HasRange: true, HasLength: true } && range.From == offset && range.To == range.Length - 1
            && (Total ?? range.Length) == range.Length;
        Total ??= range?.Length;
        return same && rest && response.Content.Headers.ContentEncoding.Count == 0;
    }
}
