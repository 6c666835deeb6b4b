using System.Security.Cryptography;
using System.Text;
using Ltx.Server.Configuration;
using Ltx.Server.Storage;

namespace Ltx.Server.Auth;

/// <summary>The configured keys and the operator's own, by which `ltx requests` talks to a running server.</summary>
internal sealed class ApiKeys
{
    private readonly ApiKey[] _keys;
    private readonly byte[] _operatorHash;

    public ApiKeys(LtxOptions options, DataFolder folder)
    {
        _keys = [.. options.Auth.Keys.Select(k => new ApiKey(k.Name, Convert.FromHexString(k.Hash), k.MaxWaiting, k.RequestsPerMinute))];
        _operatorHash = SHA256.HashData(Encoding.UTF8.GetBytes(OperatorKey(folder)));
    }

    public bool Any => _keys.Length > 0;

    public static string OperatorKey(DataFolder folder) => Convert.ToHexStringLower(folder.Secret("operator-key"));

    /// <summary>The credential of `Key x` or `Bearer x`, or null.</summary>
    public static string? Credential(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        foreach (var scheme in new[] { "Key ", "Bearer " })
        {
            if (header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) && header.AsSpan(scheme.Length).Trim() is { Length: > 0 } credential)
            {
                return credential.ToString();
            }
        }

        return null;
    }

    /// <summary>Compares with every key, so that the time does not tell which one was nearly right.</summary>
    public ApiKey? Find(string credential)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(credential));
        ApiKey? found = null;
        foreach (var key in _keys)
        {
            found = CryptographicOperations.FixedTimeEquals(hash, key.Hash) ? key : found;
        }

        return found;
    }

    public bool IsOperator(string credential) => CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(credential)), _operatorHash);
}
