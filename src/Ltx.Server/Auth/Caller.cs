using Microsoft.AspNetCore.Http.Features;

namespace Ltx.Server.Auth;

/// <summary>What is known of the one who calls: the way in and, after the key check, whose requests are theirs.</summary>
internal sealed class Caller
{
    /// <summary>The owner of requests made without a key.</summary>
    public const string Anonymous = "";

    /// <summary>Scheme, host and port that the client used, or Server:PublicUrl; no slash at the end.</summary>
    public required string Origin { get; init; }

    /// <summary>Origin and mount for queue URLs.</summary>
    public required string QueueBase { get; init; }

    /// <summary>The request came through the proxy protocol of fal's JavaScript client.</summary>
    public required bool Proxied { get; init; }

    /// <summary>The path inside the app as the client wrote it, for 404 texts.</summary>
    public required string Path { get; init; }

    public ApiKey? Key { get; set; }

    public string? UploadOwner { get; set; }

    /// <summary>Sees and may end everybody's requests.</summary>
    public bool IsOperator { get; set; }

    public string Owner => Key?.Name ?? UploadOwner ?? Anonymous;

    public static Caller Of(HttpContext context) => context.Features.GetRequiredFeature<Caller>();

    public bool MaySee(string owner) => IsOperator || string.Equals(owner, Owner, StringComparison.Ordinal);
}
