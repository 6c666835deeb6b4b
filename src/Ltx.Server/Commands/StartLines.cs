using Ltx.Server.Auth;
using Ltx.Server.Configuration;

namespace Ltx.Server.Commands;

/// <summary>What a server says of itself when it has begun: what is served, on what, to whom, and where to look.</summary>
internal static class StartLines
{
    /// <param name="options">the settings</param>
    /// <param name="model">the model's folder</param>
    /// <param name="device">what is computed on, for a person</param>
    /// <param name="keys">whose keys there are</param>
    /// <param name="url">the first address that is listened on</param>
    public static IEnumerable<string> Of(LtxOptions options, string model, string device, IReadOnlyList<string> keys, string url) =>
    [
        $"ltx {ProgramVersion.Text}, model {Path.GetFileName(model)} ({model})",
        $"device: {device}{(options.Queue.Workers > 1 ? $", {options.Queue.Workers} workers" : "")}",
        $"data: {Path.GetFullPath(options.Server.Data)}",
        $"callers: {Callers(options, keys)}",
        $"playground: {ListenAddresses.Reachable(url)}/",
    ];

    private static string Callers(LtxOptions options, IReadOnlyList<string> keys)
    {
        if (options.Auth.AllowAnonymous) return "everybody, without a key (Auth:AllowAnonymous)";
        return keys.Count > 0 ? $"who has a key: {string.Join(", ", keys)}"
            : "this machine's own user alone, until there is a key (`ltx keys create NAME`)";
    }
}
