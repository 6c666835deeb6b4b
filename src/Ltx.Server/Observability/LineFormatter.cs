using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Ltx.Server.Observability;

/// <summary>Logs for people: time, level, what part of the server speaks in one word, and the message, all in one line whatever it holds.</summary>
internal sealed class LineFormatter(TimeProvider clock) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "line";

    private const string Own = "Ltx.Server.";

    public override void Write<TState>(in LogEntry<TState> entry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var message = entry.Formatter(entry.State, entry.Exception);
        if (entry.Exception is not null)
        {
            message = $"{message} {entry.Exception}";
        }

        textWriter.Write(clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        textWriter.Write($" {Word(entry.LogLevel),-5} {Part(entry.Category),-8} ");
        textWriter.WriteLine(message.ReplaceLineEndings(" "));
    }

    /// <summary>Of our own categories the folder, of others the last word: Ltx.Server.Queue.QueueService is "queue".</summary>
    internal static string Part(string category)
    {
        var words = category.StartsWith(Own, StringComparison.Ordinal) ? category[Own.Length..].Split('.') : category.Split('.')[^1..];
        return words[0].ToLowerInvariant();
    }

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "fatal",
    };
}
