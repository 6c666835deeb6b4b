using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ltx.Inference.Weights;

/// <summary>
/// One object of a checkpoint's configuration. What is asked for and missing, of the wrong kind, or set to something that this
/// implementation does not build, is an error that names the key.
/// </summary>
public sealed class ConfigSection
{
    private readonly JsonElement element;
    private readonly string path;

    private ConfigSection(JsonElement element, string path)
    {
        if (element.ValueKind != JsonValueKind.Object) throw new WeightsException($"{path} is not an object.");
        this.element = element;
        this.path = path;
    }

    /// <param name="json">the text</param>
    /// <param name="source">what to call it in a message</param>
    public static ConfigSection Parse(string json, string source)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return new ConfigSection(document.RootElement.Clone(), $"{source}: config");
        }
        catch (JsonException e)
        {
            throw new WeightsException($"{source}: its config is not valid JSON ({JsonFault.Describe(e)}).", e);
        }
    }

    public bool Has(string key) => element.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>What to throw where values do not go together.</summary>
    /// <param name="sentence">what is wrong with this section; the file is named in front of it</param>
    public WeightsException Fault(string sentence) => new($"{path}: {sentence}");

    /// <summary>The same with another number in one of its sections.</summary>
    internal ConfigSection With(string section, string key, int value)
    {
        _ = Section(section);
        JsonNode changed = JsonNode.Parse(element.GetRawText())!;
        changed[section]![key] = value;
        return new ConfigSection(JsonSerializer.SerializeToElement(changed), path);
    }

    public ConfigSection Section(string key) => new(Required(key), $"{path}.{key}");

    public int Int(string key, int? fallback = null) => Read(key, fallback, value => value.TryGetInt32(out int number) ? number : Whole(value.GetDouble()));

    public double Double(string key, double? fallback = null) => Read(key, fallback, value => value.GetDouble());

    public bool Bool(string key, bool? fallback = null) => Read(key, fallback, value => value.GetBoolean());

    public string Text(string key, string? fallback = null)
    {
        if (!Has(key) && fallback is not null) return fallback;
        return Convert(key, Required(key), value => value.GetString()!);
    }

    public IReadOnlyList<int> Ints(string key) => Convert<IReadOnlyList<int>>(key, Required(key), value => [.. value.EnumerateArray().Select(item => item.TryGetInt32(out int number) ? number : Whole(item.GetDouble()))]);

    public IReadOnlyList<double> Doubles(string key) => Convert<IReadOnlyList<double>>(key, Required(key), value => [.. value.EnumerateArray().Select(item => item.GetDouble())]);

    /// <summary>A list of numbers, or one number for a list of one.</summary>
    public IReadOnlyList<int> IntOrInts(string key) => Required(key).ValueKind == JsonValueKind.Number ? [Int(key)] : Ints(key);

    public IReadOnlyList<string> Texts(string key) => Convert<IReadOnlyList<string>>(key, Required(key), value => [.. value.EnumerateArray().Select(item => item.GetString() ?? throw new FormatException())]);

    public IReadOnlyList<IReadOnlyList<int>> IntLists(string key) =>
        Convert<IReadOnlyList<IReadOnlyList<int>>>(key, Required(key), value => [.. value.EnumerateArray().Select(list => (IReadOnlyList<int>)[.. list.EnumerateArray().Select(item => item.GetInt32())])]);

    /// <summary>A list of pairs (name, options), as the VAE's blocks are written.</summary>
    public IReadOnlyList<(string Name, ConfigSection Options)> NamedSections(string key) =>
        Convert<IReadOnlyList<(string, ConfigSection)>>(key, Required(key), value => [.. value.EnumerateArray().Select((pair, i) => (pair[0].GetString()!, new ConfigSection(pair[1], $"{path}.{key}[{i}]")))]);

    /// <summary>Insists on a value: the architecture built here is the one that the checkpoint was trained with.</summary>
    public void Expect<T>(string key, T expected, T? whenAbsent = default)
    {
        object? actual = !Has(key) ? whenAbsent : Convert<object?>(key, Required(key), value => expected switch
        {
            bool => value.GetBoolean(),
            int => value.GetInt32(),
            double => value.GetDouble(),
            _ => value.GetString(),
        });
        if (!Equals(actual, expected)) throw new WeightsException($"{path}.{key} is {actual ?? "not set"}, and only {expected} is built here.");
    }

    private T Read<T>(string key, T? fallback, Func<JsonElement, T> read) where T : struct
    {
        if (!Has(key) && fallback is not null) return fallback.Value;
        return Convert(key, Required(key), read);
    }

    private JsonElement Required(string key) => Has(key) ? element.GetProperty(key) : throw new WeightsException($"{path}.{key} is missing.");

    private T Convert<T>(string key, JsonElement value, Func<JsonElement, T> read)
    {
        try
        {
            return read(value);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or IndexOutOfRangeException)
        {
            throw new WeightsException($"{path}.{key} cannot be {Short(value.GetRawText())}.", e);
        }
    }

    // A hostile value must not flood a log.
    private static string Short(string text) => text.Length <= 120 ? text : text[..120] + "...";

    // Checkpoints write some whole numbers as 1000.0.
    private static int Whole(double value) => value == Math.Floor(value) && Math.Abs(value) < int.MaxValue ? (int)value : throw new FormatException();
}
