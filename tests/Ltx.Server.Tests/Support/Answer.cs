using System.Text.Json;

namespace Ltx.Server.Tests.Support;

/// <summary>An HTTP answer, read whole.</summary>
internal sealed record Answer(int Status, string Body, IReadOnlyDictionary<string, string> Headers)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>The only entry of a `detail` list.</summary>
    public JsonElement Detail => Assert.Single(Json.GetProperty("detail").EnumerateArray().ToArray());
}
