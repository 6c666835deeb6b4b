using System.Globalization;
using System.Text.Json;

namespace Ltx.Server.Fal;

/// <summary>
/// Reads the fields of one JSON object as a lax Pydantic model does ("24" is a number, 1 is true) and collects what is wrong. After a problem
/// the field's default is returned, so that the caller needs no branches; the request is not used then.
/// </summary>
internal sealed class FieldReader(IReadOnlyList<InputField> schema, JsonElement source, IReadOnlyList<object>? location = null, List<FalDetail>? problems = null)
{
    /// <summary>A shown value that is longer tells nobody more, and errors are kept and sent on.</summary>
    private const int LongestEcho = 256;

    private readonly IReadOnlyList<object> _location = location ?? ["body"];

    public List<FalDetail> Problems { get; } = problems ?? [];

    /// <summary>Whether the schema has such a field.</summary>
    public bool Has(string name) => schema.Any(f => f.Name == name);

    /// <summary>The field's schema when the client gave it a value, null when the default stands (or when it is required and missing: a problem).</summary>
    public InputField? Find(string name, out JsonElement value)
    {
        var field = schema.First(f => f.Name == name);
        if (!source.TryGetProperty(name, out value))
        {
            if (field.Required)
            {
                Add(field, "missing", "Field required", source);
            }

            return null;
        }

        return value.ValueKind == JsonValueKind.Null && !field.Required ? null : field;
    }

    public string Text(string name)
    {
        var fallback = (string?)Default(name) ?? "";
        if (Find(name, out var value) is not { } field)
        {
            return fallback;
        }

        if (value.ValueKind != JsonValueKind.String)
        {
            Add(field, "string_type", "Input should be a valid string", value);
            return fallback;
        }

        if (JsonInput.TryGetText(value) is { } text)
        {
            return text;
        }

        Add(field, "string_unicode", "Input should be a valid string, unable to parse raw data as a unicode string", null);
        return fallback;
    }

    /// <summary>A URL that is empty, unparsable or of a scheme that nobody can fetch counts as a failed download (contract, 5.1); `ctx` says why.</summary>
    public string Url(string name)
    {
        var before = Problems.Count;
        var given = source.TryGetProperty(name, out var value);
        var text = Text(name);
        if (given && Problems.Count == before && InputUrl.Problem(text) is { } reason)
        {
            Problems.Add(new FalDetail("file_download_error", [.. _location, name], FalMessages.DownloadFailed)
            {
                Context = new Dictionary<string, object?> { ["reason"] = reason },
                InputJson = EchoUrl(text),
            });
        }

        return text;
    }

    public double Number(string name)
    {
        var fallback = Convert.ToDouble(Default(name), CultureInfo.InvariantCulture);
        if (Find(name, out var value) is not { } field)
        {
            return fallback;
        }

        double number;
        switch (value.ValueKind)
        {
            case JsonValueKind.Number: number = value.GetDouble(); break;
            case JsonValueKind.True: number = 1; break;
            case JsonValueKind.False: number = 0; break;
            case JsonValueKind.String when TryParse(value, out number): break;
            case JsonValueKind.String:
                Add(field, "float_parsing", "Input should be a valid number, unable to parse string as a number", value);
                return fallback;
            default:
                Add(field, "float_type", "Input should be a valid number", value);
                return fallback;
        }

        if (double.IsNaN(number))
        {
            Add(field, "finite_number", "Input should be a finite number", value);
            return fallback;
        }

        return InRange(field, number, value) ? number : fallback;
    }

    public long? Integer(string name)
    {
        var standard = Default(name);
        long? fallback = standard is null ? null : Convert.ToInt64(standard, CultureInfo.InvariantCulture);
        if (Find(name, out var value) is not { } field)
        {
            return fallback;
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.True or JsonValueKind.False:
                var bit = value.GetBoolean() ? 1 : 0;
                return InRange(field, bit, value) ? bit : fallback;
            case JsonValueKind.Number or JsonValueKind.String:
                break;
            default:
                Add(field, "int_type", "Input should be a valid integer", value);
                return fallback;
        }

        var isText = value.ValueKind == JsonValueKind.String;
        var text = isText ? (JsonInput.TryGetText(value) ?? "").Trim() : value.GetRawText();
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exact))
        {
            return InRange(field, exact, value) ? exact : fallback;
        }

        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || double.IsNaN(number))
        {
            Add(field, "int_parsing", "Input should be a valid integer, unable to parse string as an integer", value);
            return fallback;
        }

        if (!double.IsInteger(number) && !double.IsInfinity(number))
        {
            Add(field, isText ? "int_parsing" : "int_from_float",
                isText ? "Input should be a valid integer, unable to parse string as an integer" : "Input should be a valid integer, got a number with a fractional part", value);
            return fallback;
        }

        // Seeds are 64 bit here; a field with a range of its own has been told about that one.
        if (!InRange(field, number, value))
        {
            return fallback;
        }

        // As a double, the number below the smallest is the smallest.
        var isBelow = decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var digits) && digits < long.MinValue;
        if (isBelow || number is < long.MinValue or >= -(double)long.MinValue)
        {
            var (type, bound, name2, word) = number > 0 ? ("less_than_equal", long.MaxValue, "le", "less") : ("greater_than_equal", long.MinValue, "ge", "greater");
            Add(field, type, $"Input should be {word} than or equal to {bound}", value, (name2, bound));
            return fallback;
        }

        return (long)number;
    }

    public bool Boolean(string name)
    {
        var fallback = (bool?)Default(name) ?? false;
        if (Find(name, out var value) is not { } field)
        {
            return fallback;
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.True: return true;
            case JsonValueKind.False: return false;
            case JsonValueKind.Number when value.GetDouble() is 0 or 1: return value.GetDouble() == 1;
            case JsonValueKind.String when ParseBoolean(JsonInput.TryGetText(value)) is { } parsed: return parsed;
            case JsonValueKind.Number or JsonValueKind.String:
                Add(field, "bool_parsing", "Input should be a valid boolean, unable to interpret input", value);
                return fallback;
            default:
                Add(field, "bool_type", "Input should be a valid boolean", value);
                return fallback;
        }
    }

    public string Choice(string name)
    {
        var fallback = (string?)Default(name) ?? "";
        if (Find(name, out var value) is not { } field)
        {
            return fallback;
        }

        // An enum of numbers is one of strings in fal's schemas, and one of numbers in its clients' types.
        var text = value.ValueKind switch
        {
            JsonValueKind.String => JsonInput.TryGetText(value),
            JsonValueKind.Number => value.GetRawText(),
            _ => null,
        };
        if (text is not null && field.Choices.Contains(text))
        {
            return text;
        }

        var quoted = field.Choices.Select(c => $"'{c}'").ToArray();
        Add(field, "one_of", $"Input should be {string.Join(", ", quoted[..^1])} or {quoted[^1]}", value, ("expected", field.Choices));
        return fallback;
    }

    /// <summary>A reader for each object of a list.</summary>
    public IEnumerable<FieldReader> Items(string name)
    {
        if (Find(name, out var list) is not { Items: { } items } field)
        {
            yield break;
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            Add(field, "list_type", "Input should be a valid list", list);
            yield break;
        }

        if (list.GetArrayLength() > items.Most)
        {
            Add(field, "sequence_too_long", $"Sequence should have at most {items.Most} items", list, ("max_length", items.Most));
            yield break;
        }

        foreach (var (index, item) in list.EnumerateArray().Index())
        {
            object[] place = [.. _location, name, index];
            if (item.ValueKind == JsonValueKind.Object)
            {
                yield return new FieldReader(items.Fields, item, place, Problems);
            }
            else
            {
                Problems.Add(NoObject(item, place));
            }
        }
    }

    /// <summary>Two whole numbers within the field's bounds.</summary>
    public (int First, int Second) Pair(string name)
    {
        if (Find(name, out var list) is not { } field)
        {
            return default;
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            Add(field, "list_type", "Input should be a valid list", list);
            return default;
        }

        if (list.GetArrayLength() != 2)
        {
            var isShort = list.GetArrayLength() < 2;
            Add(
                field, isShort ? "sequence_too_short" : "sequence_too_long", $"Sequence should have at {(isShort ? "least" : "most")} 2 items", list,
                (isShort ? "min_length" : "max_length", 2));
            return default;
        }

        int[] numbers =
        [
            .. list.EnumerateArray().Select((item, index) =>
            {
                if (item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var number))
                {
                    return InRange(field, number, item) ? number : 0;
                }

                Problems.Add(new FalDetail("int_type", [.. _location, name, index], "Input should be a valid integer") { InputJson = Echo(item) });
                return 0;
            }),
        ];
        return (numbers[0], numbers[1]);
    }

    /// <summary>What stands where an object should.</summary>
    public static FalDetail NoObject(JsonElement value, IReadOnlyList<object> location) =>
        new("model_attributes_type", location, "Input should be a valid dictionary or object to extract fields from") { InputJson = Echo(value) };

    /// <summary>Refuses a value that is of its type and within its bounds, and cannot be all the same.</summary>
    public void Refuse(string name, string type, string message) =>
        Add(schema.First(f => f.Name == name), type, message, source.TryGetProperty(name, out var value) ? value : null);

    public void Add(InputField field, string type, string message, JsonElement? value, params (string Name, object? Value)[] context) =>
        Problems.Add(new FalDetail(type, [.. _location, field.Name], message)
        {
            Context = context.Length == 0 ? null : context.ToDictionary(c => c.Name, c => c.Value),
            InputJson = value is not { } given ? null
                : field.Kind == FieldKind.Url && given.ValueKind == JsonValueKind.String ? EchoUrl(JsonInput.TryGetText(given) ?? "")
                : type == "missing" ? null
                : Echo(given),
        });

    /// <summary>The offending value for `input`; objects and lists are not repeated: they may carry other fields' secrets.</summary>
    public static string? Echo(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.Undefined => null,
        JsonValueKind.String when JsonInput.TryGetText(value) is null => null,
        JsonValueKind.Number when value.GetRawText().Length > LongestEcho => null,
        _ => FalJson.Text(json => FalJson.WriteShortened(json, value, LongestEcho)),
    };

    private static string EchoUrl(string url) => FalJson.Text(json => json.WriteStringValue(InputUrl.Redact(url, LongestEcho)));

    private object? Default(string name) => schema.First(f => f.Name == name).Default;

    private bool InRange(InputField field, double number, JsonElement value)
    {
        if (field.Minimum is { } minimum && number < minimum)
        {
            Add(field, "greater_than_equal", $"Input should be greater than or equal to {Shown(minimum)}", value, ("ge", minimum));
            return false;
        }

        if (field.Maximum is { } maximum && number > maximum)
        {
            Add(field, "less_than_equal", $"Input should be less than or equal to {Shown(maximum)}", value, ("le", maximum));
            return false;
        }

        return true;
    }

    /// <summary>As Python shows it.</summary>
    private static string Shown(double bound) => bound.ToString(CultureInfo.InvariantCulture).Replace('E', 'e');

    private static bool TryParse(JsonElement value, out double number) =>
        double.TryParse((JsonInput.TryGetText(value) ?? "").Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out number);

    private static bool? ParseBoolean(string? text) => text?.ToLowerInvariant() switch
    {
        "true" or "t" or "yes" or "y" or "on" or "1" => true,
        "false" or "f" or "no" or "n" or "off" or "0" => false,
        _ => null,
    };
}
