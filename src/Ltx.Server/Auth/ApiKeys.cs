using System.Security.Cryptography;
using System.Text;
using Ltx.Server.Configuration;
using Ltx.Server.Storage;

namespace Ltx.Server.Auth;

/// <summary>The keys of the settings and of `ltx keys`, and the operator's own, by which `ltx requests` talks to a running server.</summary>
internal sealed partial class ApiKeys
{
    private readonly ApiKey[] _configured;
    private readonly KeyFile _file;
    private readonly byte[] _operatorHash;
    private readonly ILogger<ApiKeys> _logger;
    private IReadOnlyList<KeyFile.Entry> _made;

    /// <exception cref="DataFolderException">The file of keys is damaged.</exception>
    public ApiKeys(LtxOptions options, DataFolder folder, ILogger<ApiKeys> logger)
    {
        _configured = [.. options.Auth.Keys.Select(k => new ApiKey(k.Name, Convert.FromHexString(k.Hash), k.MaxWaiting, k.RequestsPerMinute))];
        (_file, _logger) = (new KeyFile(folder), logger);
        _made = _file.Read();
        _operatorHash = SHA256.HashData(Encoding.UTF8.GetBytes(OperatorKey(folder)));
    }

    public bool Any => Current().Any();

    /// <summary>Whose keys there are.</summary>
    public IEnumerable<string> Names => Current().Select(key => key.Name).Distinct();

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
        foreach (var key in Current())
        {
            found = CryptographicOperations.FixedTimeEquals(hash, key.Hash) ? key : found;
        }

        return found;
    }

    public bool IsOperator(string credential) => CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(credential)), _operatorHash);

    // What cannot be read changes nothing: neither does it let anybody in, nor lock anybody out.
    private IEnumerable<ApiKey> Current()
    {
        try
        {
            _made = _file.Read();
        }
        catch (Exception e) when (e is DataFolderException or IOException or UnauthorizedAccessException)
        {
            NotRead(_logger, e.Message);
        }

        return _configured.Concat(_made.Select(entry => entry.ToKey()));
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The keys stay as they were: {Reason}")]
    private static partial void NotRead(ILogger logger, string reason);
}
