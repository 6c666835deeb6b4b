using System.Net.Http.Headers;
using System.Text.Json.Serialization;

namespace Ltx.Server.Fetch;

/// <summary>What a server gave to recognise a version of a file by.</summary>
internal sealed record Validators(string? ETag, DateTimeOffset? LastModified, bool LastModifiedIsStrong)
{
    public static Validators From(HttpResponseMessage response)
    {
        DateTimeOffset? modified = response.Content.Headers.LastModified;
        // RFC 9110, 8.8.2.2: a file changed within the second of the answer may change again within it.
        bool strong = modified is not null && response.Headers.Date is DateTimeOffset date && date - modified >= TimeSpan.FromSeconds(1);
        return new Validators(response.Headers.ETag?.ToString(), modified, strong);
    }

    /// <summary>Can the server be asked whether the file is still the same?</summary>
    [JsonIgnore]
    public bool CanRevalidate => ETag is not null || LastModified is not null;

    /// <summary>For If-Range, which takes strong validators only; null where the rest of a file cannot be asked for safely.</summary>
    [JsonIgnore]
    public RangeConditionHeaderValue? IfRange =>
        ETag is not null ? (ETag.StartsWith('"') ? new RangeConditionHeaderValue(EntityTagHeaderValue.Parse(ETag)) : null)
        : LastModified is DateTimeOffset modified && LastModifiedIsStrong ? new RangeConditionHeaderValue(modified)
        : null;
}
