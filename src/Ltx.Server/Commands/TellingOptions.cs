using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Ltx.Server.Commands;

/// <summary>How a command tells what it did: in sentences, as one JSON value for programs, or not at all.</summary>
internal sealed class TellingOptions
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly Option<bool> quiet = new("--quiet", "-q") { Description = "say nothing but what goes wrong" };

    /// <summary>For commands that only list.</summary>
    public static Option<bool> Json() => new("--json") { Description = "print JSON, for programs" };

    private readonly Option<bool> json = Json();

    public void AddTo(Command command)
    {
        command.Options.Add(json);
        command.Options.Add(quiet);
    }

    public bool IsQuiet(ParseResult arguments) => arguments.GetValue(quiet);

    public bool IsJson(ParseResult arguments) => arguments.GetValue(json);

    /// <summary>Tells what came of it.</summary>
    /// <param name="arguments">the command line</param>
    /// <param name="value">for programs</param>
    /// <param name="sentences">for a person</param>
    public void Tell(ParseResult arguments, object value, params IEnumerable<string> sentences)
    {
        if (IsJson(arguments)) Print(value);
        else if (!IsQuiet(arguments)) foreach (string sentence in sentences) Console.WriteLine(sentence);
    }

    public static void Print(object value) => Console.WriteLine(JsonSerializer.Serialize(value, Indented));
}
