using Microsoft.Playwright;

namespace Ltx.Playground.Tests.Support;

/// <summary>One Chromium of the distribution, and the servers that its tests share; begun when first asked for.</summary>
public sealed class Browser : IAsyncLifetime
{
    /// <summary>A name that no name service knows: plain http on it is no secure context, so WebCodecs and the clipboard are missing.</summary>
    public const string PlainName = "ltx.test";

    /// <summary>Machines are shared: whatever is waited for may take long.</summary>
    public const float Patience = 120_000;

    private readonly SemaphoreSlim gate = new(1);
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
        await Chromium.CloseAsync();
        playwright?.Dispose();
        open?.Dispose();
        locked?.Dispose();
        gate.Dispose();
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
