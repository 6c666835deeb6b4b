using Ltx.Server.Tests.Commands;
using Microsoft.Playwright;

namespace Ltx.Playground.Tests.Support;

/// <summary>One Chromium of the distribution, and the servers that its tests share; begun when first asked for.</summary>
public sealed class Browser : IAsyncLifetime
{
    /// <summary>A name that no name service knows: plain http on it is no secure context, so WebCodecs and the clipboard are missing.</summary>
    public const string PlainName = "ltx.test";

    /// <summary>Machines are shared: whatever is waited for may take long.</summary>
    public const float Patience = 300_000;

    private readonly SemaphoreSlim gate = new(1);
    private readonly TestFolder films = new();
    private IPlaywright? playwright;
    private PlaygroundServer? open, locked;

    public IBrowser Chromium { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        playwright = await Playwright.CreateAsync();
        Chromium = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Find(),
            Args = [$"--host-resolver-rules=MAP {PlainName} 127.0.0.1"],
            Timeout = Patience,
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (Chromium is not null) await Chromium.CloseAsync(); // where it did not start, that is what is told
        playwright?.Dispose();
        open?.Dispose();
        locked?.Dispose();
        gate.Dispose();
        films.Dispose();
    }

    /// <summary>
    /// A scene as cameras store films (H.264, 4:2:0). The scenes themselves hold red, green and blue without loss, which browsers show in wrong
    /// colours, so that the page asks for a preview of them.
    /// </summary>
    internal string Film(string scene)
    {
        string path = films.Named(Path.Combine(scene, "source.mp4"));
        if (File.Exists(path)) return path;
        films.Folder(scene);
        return TestMedia.Make(films, Path.Combine(scene, "source.mp4"), "-i", Visit.Scene(scene), "-c:v", "libx264", "-crf", "16", "-pix_fmt", "yuv420p", "-an");
    }

    /// <summary>The server that asks for no key.</summary>
    internal async Task<PlaygroundServer> OpenServerAsync() => await OneAsync(() => open, server => open = server, hasKey: false);

    /// <summary>The server that asks for <see cref="PlaygroundServer.Key"/>.</summary>
    internal async Task<PlaygroundServer> LockedServerAsync() => await OneAsync(() => locked, server => locked = server, hasKey: true);

    private async Task<PlaygroundServer> OneAsync(Func<PlaygroundServer?> has, Action<PlaygroundServer> keep, bool hasKey)
    {
        await gate.WaitAsync();
        try
        {
            if (has() is { } there) return there;
            PlaygroundServer server = await PlaygroundServer.StartAsync(hasKey);
            keep(server);
            return server;
        }
        finally
        {
            gate.Release();
        }
    }

    private static string Find() =>
        (from name in new[] { "chromium", "chromium-browser", "google-chrome" }
         from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
         select Path.Combine(folder, name)).FirstOrDefault(File.Exists)
        ?? throw new FileNotFoundException("These tests need the distribution's package \"chromium\".");
}
