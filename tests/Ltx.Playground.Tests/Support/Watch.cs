using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Ltx.Playground.Tests.Support;

/// <summary>What must never happen on a page: an uncaught exception, a violation of its policy, a request to another origin, an error in the console.</summary>
internal sealed class Watch
{
    private readonly string origin;
    private readonly ConcurrentQueue<string> wrong = new();
    private readonly ConcurrentQueue<IConsoleMessage> failed = new();
    private readonly ConcurrentBag<(string Path, string Status)> provoked = [];

    public Watch(IBrowserContext context, Uri url)
    {
        origin = url.GetLeftPart(UriPartial.Authority);
        context.WebError += (_, error) => wrong.Enqueue("uncaught: " + error.Error);
        context.Console += (_, message) => Hear(message);
        context.Request += (_, request) => See(request);
    }

    /// <summary>The test itself makes the server answer so, and the browser says so in its console.</summary>
    /// <param name="path">the URL's end, or a part of it</param>
    /// <param name="status">a number, or the name of the network's error</param>
    public void Provoke(string path, string status) => provoked.Add((path, status));

    /// <summary>What the console says of an answer may come before the test has said that it provokes it, so all are looked at here.</summary>
    public void AssertNothingWrong() => Assert.Empty(wrong.Concat(failed.Where(message => !IsProvoked(message)).Select(Text)));

    private void See(IRequest request)
    {
        if (!request.Url.StartsWith(origin + "/", StringComparison.Ordinal) && !request.Url.StartsWith("blob:" + origin, StringComparison.Ordinal)
            && !request.Url.StartsWith("data:", StringComparison.Ordinal)) wrong.Enqueue("another origin: " + request.Url);
    }

    private void Hear(IConsoleMessage message)
    {
        if (message.Type != "error" && !message.Text.Contains("Content Security Policy", StringComparison.OrdinalIgnoreCase)) return;
        if (message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal)) failed.Enqueue(message);
        else wrong.Enqueue(Text(message));
    }

    private bool IsProvoked(IConsoleMessage message) =>
        provoked.Any(answer => message.Location.Contains(answer.Path, StringComparison.Ordinal) && message.Text.Contains(answer.Status, StringComparison.Ordinal));

    private static string Text(IConsoleMessage message) => $"console {message.Type}: {message.Text} ({message.Location})";
}
