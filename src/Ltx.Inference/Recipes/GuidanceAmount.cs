using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ltx.Inference.Recipes;

/// <summary>A guidance scale: a number of its own, or one that follows the request's as 1 + slope (g - 1), up to a bound.</summary>
/// <param name="Fixed">the number; null where it follows</param>
/// <param name="Slope">how quickly it follows</param>
/// <param name="Most">its bound; null for none</param>
[JsonConverter(typeof(Converter))]
public sealed record GuidanceAmount(double? Fixed, double Slope = 1, double? Most = null)
{
    /// <summary>For a request's guidance of 1 or more.</summary>
    public double At(double guidance) => Fixed ?? Math.Min(Most ?? double.PositiveInfinity, 1 + Slope * (guidance - 1));

    /// <summary>A number, or an object.</summary>
    private sealed class Converter : JsonConverter<GuidanceAmount>
    {
        public override GuidanceAmount Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
        {
            if (reader.TokenType == JsonTokenType.Number) return new GuidanceAmount(reader.GetDouble());
            Follows follows = JsonSerializer.Deserialize<Follows>(ref reader, options) ?? throw new JsonException("a guidance scale is null");
            return new GuidanceAmount(null, follows.Slope, follows.Most);
        }

        public override void Write(Utf8JsonWriter writer, GuidanceAmount value, JsonSerializerOptions options)
        {
            if (value.Fixed is { } number) writer.WriteNumberValue(number);
            else JsonSerializer.Serialize(writer, new Follows(value.Slope, value.Most), options);
        }

        private sealed record Follows(double Slope, double? Most = null);
    }
}
