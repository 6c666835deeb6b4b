using System.Globalization;
using System.Text.Json;
using Ltx.Server.Fal;

namespace Ltx.Server.Playground;

/// <summary>
/// A value in a body and where it stands. Nested documents are read strictly, to the first mistake, unlike the endpoint's own flat input
/// (<see cref="FieldReader"/>); the errors have the same form.
/// </summary>
internal readonly struct JsonField(JsonElement value, object[] location)
{
    /// <exception cref="JsonFieldException">It is missing, or this is no object. So does every method here when a value is not what it asks for.</exception>
    public JsonField Required(string name) => Member(name) is { } member
        ? new(member, [.. location, name])
        : throw new JsonFieldException(new FalDetail("missing", [.. location, name], "Field required"));

    /// <summary>Null where it is missing or null.</summary>
    public JsonField? Optional(string name) => Member(name) is { ValueKind: not JsonValueKind.Null } member ? new(member, [.. location, name]) : null;

    public JsonField Item(int index) => new(value[index], [.. location, index]);

    public IEnumerable<JsonField> Items(int least, int most)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            throw Problem("list_type", "Input should be a valid list");
        }

        var count = value.GetArrayLength();
        if (count < least)
        {
            throw Problem("sequence_too_short", $"Sequence should have at least {least} items", ("min_length", least));
        }

        if (count > most)
        {
            throw Problem("sequence_too_long", $"Sequence should have at most {most} items", ("max_length", most));
        }

        var at = location;
        return value.EnumerateArray().Select((item, index) => new JsonField(item, [.. at, index]));
    }

    public double Number(double least, double most)
    {
        if (value.ValueKind != JsonValueKind.Number)
        {
            throw Problem("float_type", "Input should be a valid number");
        }

        var number = value.GetDouble();
        if (number < least)
        {
            throw Problem("greater_than_equal", string.Create(CultureInfo.InvariantCulture, $"Input should be greater than or equal to {least}"), ("ge", least));
        }

        return number <= most ? number : throw Problem("less_than_equal", string.Create(CultureInfo.InvariantCulture, $"Input should be less than or equal to {most}"), ("le", most));
    }

    public double Positive(double most) => Number(double.NegativeInfinity, most) is > 0 and var number ? number : throw Problem("greater_than", "Input should be greater than 0", ("gt", 0));

    public int Integer(int least, int most)
    {
        var number = Number(least, most);
        return double.IsInteger(number) ? (int)number : throw Problem("int_from_float", "Input should be a valid integer, got a number with a fractional part");
    }

    public bool Boolean() => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Problem("bool_type", "Input should be a valid boolean");

    public string Text(int longest)
    {
        if (value.ValueKind != JsonValueKind.String || JsonInput.TryGetText(value) is not { } text)
        {
            throw Problem("string_type", "Input should be a valid string");
        }

        return text.Length <= longest ? text : throw Problem("string_too_long", $"String should have at most {longest} characters", ("max_length", longest));
    }

    public string Choice(params string[] choices)
    {
        var text = value.ValueKind == JsonValueKind.String ? JsonInput.TryGetText(value) : null;
        return choices.Contains(text) ? text! : throw Problem("one_of", $"Input should be {string.Join(", ", choices[..^1].Select(c => $"'{c}'"))} or '{choices[^1]}'", ("expected", choices));
    }

    public JsonFieldException Problem(string type, string message, params (string Name, object? Value)[] context) => new(new FalDetail(type, location, message)
    {
        Context = context.Length == 0 ? null : context.ToDictionary(c => c.Name, c => c.Value),
        InputJson = FieldReader.Echo(value),
    });

    private JsonElement? Member(string name)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw Problem("model_attributes_type", "Input should be a valid dictionary or object to extract fields from");
        }

        return value.TryGetProperty(name, out var member) ? member : null;
    }
}
