using System.Security.Cryptography;
using System.Text;
using Ltx.Server.Storage;
using NSec.Cryptography;

namespace Ltx.Server.Webhooks;

/// <summary>Signs webhooks with the server's Ed25519 key, made at the first start and kept in the data folder.</summary>
internal sealed class WebhookSigner : IDisposable
{
    private readonly Key _key;

    public WebhookSigner(DataFolder folder)
    {
        _key = Key.Import(SignatureAlgorithm.Ed25519, folder.Secret("webhook-key"), KeyBlobFormat.RawPrivateKey);
        PublicKey = _key.PublicKey.Export(KeyBlobFormat.RawPublicKey);
    }

    public byte[] PublicKey { get; }

    /// <summary>Base64url with its padding, as fal publishes it: their Python verifier cannot read it without.</summary>
    public string PaddedPublicKey => Convert.ToBase64String(PublicKey).Replace('+', '-').Replace('/', '_');

    /// <summary>The signature in hex over the four lines that receivers rebuild.</summary>
    public string Sign(string requestId, string userId, long timestamp, ReadOnlySpan<byte> body)
    {
        var message = $"{requestId}\n{userId}\n{timestamp}\n{Convert.ToHexStringLower(SHA256.HashData(body))}";
        return Convert.ToHexStringLower(SignatureAlgorithm.Ed25519.Sign(_key, Encoding.UTF8.GetBytes(message)));
    }

    public void Dispose() => _key.Dispose();
}
