using Microsoft.Extensions.Options;

namespace Ltx.Server.Fetch;

/// <summary>Reports everything that is wrong at once.</summary>
internal sealed class FetchOptionsValidator : IValidateOptions<FetchOptions>
{
    /// <summary>CancellationTokenSource takes no more.</summary>
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(24);

    public ValidateOptionsResult Validate(string? name, FetchOptions options)
    {
        List<string> errors = [];
        void Check(bool valid, string error)
        {
            if (!valid)
            {
                errors.Add(error);
            }
        }

        foreach (string folder in options.AllowedFolders)
        {
            Check(Path.IsPathFullyQualified(folder) && Directory.Exists(folder), $"Fetch:AllowedFolders: \"{folder}\" is not the full path of a folder that exists.");
        }
        PrivateHosts.Parse(options.AllowedPrivateHosts, errors);
        Check(options.MaxVideoBytes > 0, "Fetch:MaxVideoBytes must be positive.");
        Check(options.MaxLoraBytes > 0, "Fetch:MaxLoraBytes must be positive.");
        Check(options.CacheBytes >= options.MaxLoraBytes, "Fetch:CacheBytes must hold at least one LoRA of Fetch:MaxLoraBytes.");
        Check(!string.IsNullOrWhiteSpace(options.CacheFolder), "Fetch:CacheFolder must be set.");
        Check(options.MaxRedirects is >= 0 and <= 5, "Fetch:MaxRedirects must be from 0 to 5.");
        Check(options.MaxAttempts is >= 1 and <= 20, "Fetch:MaxAttempts must be from 1 to 20.");
        Check(options.RetryDelay >= TimeSpan.Zero && options.RetryDelay <= TimeSpan.FromMinutes(1), "Fetch:RetryDelay must be from 0 to one minute.");
        Check(options.MinBytesPerSecond >= 0, "Fetch:MinBytesPerSecond must not be negative.");
        foreach ((string key, TimeSpan value) in new[]
        {
            (nameof(options.ConnectTimeout), options.ConnectTimeout), (nameof(options.IdleTimeout), options.IdleTimeout), (nameof(options.TotalTimeout), options.TotalTimeout),
        })
        {
            Check(value > TimeSpan.Zero && value <= LongestTimeout, $"Fetch:{key} must be positive, and at most 24 days.");
        }
        for (int i = 0; i < options.HostTokens.Count; i++)
        {
            HostToken token = options.HostTokens[i];
            Check(IsOrigin(token.Origin), $"Fetch:HostTokens:{i}:Origin must be a scheme, a host and nothing else, such as https://huggingface.co.");
            // The token itself must not be printed.
            Check(token.Token.Length > 0 && token.Token.All(c => c is > ' ' and < '\x7f'), $"Fetch:HostTokens:{i}:Token must be one word of printable ASCII.");
        }
        Check(options.HostTokens.Select(t => t.Origin.TrimEnd('/').ToLowerInvariant()).Distinct().Count() == options.HostTokens.Count, "Fetch:HostTokens names an origin twice.");
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" && uri.PathAndQuery == "/" && uri.UserInfo.Length == 0 && uri.Fragment.Length == 0;
}
