using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Ltx.Server.Storage;

namespace Ltx.Server.Auth;

/// <summary>Short-lived tokens that carry their owner and end, signed with a secret of the data folder; nothing is stored for them.</summary>
internal sealed class SignedTokens(DataFolder folder, TimeProvider clock)
{
    public const string Upload = "upload";

    public const string Realtime = "realtime";

    private readonly byte[] _secret = folder.Secret("token-key");

    public string Create(string purpose, string owner, DateTimeOffset end)
    {
        var text = $"{purpose}|{end.ToUnixTimeSeconds()}|{owner}";
        return "ltxt_" + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text)) + "." + Base64Url.EncodeToString(Mac(text));
    }

    /// <summary>The owner, or null when the token is not ours, for another purpose or over.</summary>
    public string? Owner(string purpose, string token)
    {
        if (!token.StartsWith("ltxt_", StringComparison.Ordinal) || token[5..].Split('.') is not [var encoded, var mac]
            || !Base64Url.IsValid(encoded) || !Base64Url.IsValid(mac))
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(encoded));
        if (!CryptographicOperations.FixedTimeEquals(Mac(text), Base64Url.DecodeFromChars(mac)) || text.Split('|', 3) is not [var given, var end, var owner])
        {
            return null;
        }

        return given == purpose && long.Parse(end, System.Globalization.CultureInfo.InvariantCulture) > clock.GetUtcNow().ToUnixTimeSeconds() ? owner : null;
    }

    private byte[] Mac(string text) => HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes(text));
}
