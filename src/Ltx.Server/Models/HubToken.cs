namespace Ltx.Server.Models;

/// <summary>Finds the hub's token where the hub's own tools look for it.</summary>
internal static class HubToken
{
    public const string Variable = "HF_TOKEN";

    /// <param name="file">a file that the user named; null to look in the usual places</param>
    /// <param name="environment">reads a variable</param>
    /// <returns>null where there is none</returns>
    /// <exception cref="ModelException">The named file cannot be read or is empty.</exception>
    public static string? Find(string? file, Func<string, string?> environment)
    {
        if (file is not null) return Read(file) ?? throw new ModelException($"The token file {file} is empty.");
        if (environment(Variable)?.Trim() is { Length: > 0 } token) return token;
        string usual = UsualFile(environment);
        return File.Exists(usual) ? Read(usual) : null;
    }

    /// <summary>HF_TOKEN_PATH, else <c>token</c> in HF_HOME, else in the user's cache.</summary>
    public static string UsualFile(Func<string, string?> environment)
    {
        if (environment("HF_TOKEN_PATH") is { Length: > 0 } path) return path;
        string cache = environment("XDG_CACHE_HOME") is { Length: > 0 } xdg ? xdg : Path.Combine(environment("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.Combine(environment("HF_HOME") is { Length: > 0 } home ? home : Path.Combine(cache, "huggingface"), "token");
    }

    private static string? Read(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim() is { Length: > 0 } token ? token : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelException($"The token file {file} cannot be read: {e.Message}", e);
        }
    }
}
