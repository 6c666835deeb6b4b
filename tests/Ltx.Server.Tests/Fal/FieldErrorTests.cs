using System.Text.Json;
using System.Text.Json.Nodes;
using Ltx.Server.Fal;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Fal;

/// <summary>Every field of the schema against its type and its bounds, through the server: fal's form, whole.</summary>
[Fast]
public class FieldErrorTests
{
    /// <summary>What is wrong, and what is said of it. Written apart from the schema on purpose.</summary>
    private sealed record Row(string Path, string Json, string Type, string Message, string? Context = null);

    private static IEnumerable<Row> Rows =>
    [
        .. new[] { "prompt", "video_url", "mask_video_url", "loras", "loras.0.path" }.Select(path => new Row(path, "", "missing", "Field required")),
        .. new[] { "prompt", "negative_prompt", "video_url", "mask_video_url", "loras.0.path" }.SelectMany(path => new[] { "1", "true", "[]", "{}" }.Select(json => new Row(path, json, "string_type", "Input should be a valid string"))),
        .. new[] { "video_url", "mask_video_url", "loras.0.path" }.SelectMany(path => (((string Url, string Reason)[])
        [
            ("", "the URL is empty"),
            .. new[] { "clip.mp4", "ftp://a/b", "javascript:alert(1)" }.Select(url => (url, "only http, https and data URLs, and files below allowed folders, can be fetched")),
            .. new[] { "http://", "http://a b/c.mp4", "http://a%20b/c.mp4", "http:///a/b" }.Select(url => (url, "it is not a valid URL")),
            .. new[] { "http://a/b\\c.mp4", "http://a/b\tc.mp4", "http://a/b\nc.mp4" }.Select(url => (url, "it holds a backslash or a control character")),
            ("https://user:pass@a/b", "user names and passwords in URLs are not supported"),
            ("http://a/" + new string('x', 20_000), "the URL is too long"),
            ("data:video/mp4;base64", "the data URL has no comma, and so no data"),
        ]).Select(row => new Row(path, JsonSerializer.Serialize(row.Url), "file_download_error", "Failed to download the file. Please check if the URL is accessible and try again.", JsonSerializer.Serialize(new { reason = row.Reason })))),
        .. Number("video_strength", "0", "-0.001", "1", "1.001"),
        .. Number("frames_per_second", "1", "0.999", "60", "60.001"),
        .. Number("guidance_scale", "1", "0.999", "20", "20.001"),
        .. Number("loras.0.scale", "-4", "-4.001", "4", "4.001"),
        .. Integer("num_frames", "9", "8", "481", "482"),
        .. Integer("num_inference_steps", "8", "7", "30", "31"),
        .. Integer("seed", "-9223372036854775808", "-9223372036854775809", "9223372036854775807", "9223372036854775808"),
        .. new[] { "generate_audio", "enable_prompt_expansion", "enable_safety_checker", "sync_mode" }.SelectMany(path => new Row[]
        {
            new(path, "2", "bool_parsing", "Input should be a valid boolean, unable to interpret input"),
            new(path, "\"maybe\"", "bool_parsing", "Input should be a valid boolean, unable to interpret input"),
            new(path, "[]", "bool_type", "Input should be a valid boolean"),
            new(path, "{}", "bool_type", "Input should be a valid boolean"),
        }),
        .. Choice("video_quality", "Input should be 'low', 'medium', 'high' or 'maximum'", "[\"low\",\"medium\",\"high\",\"maximum\"]"),
        .. Choice("video_write_mode", "Input should be 'fast', 'balanced' or 'small'", "[\"fast\",\"balanced\",\"small\"]"),
        .. Choice("loras.0.transformer", "Input should be 'both', 'stage_1', 'stage_2', 'high' or 'low'", "[\"both\",\"stage_1\",\"stage_2\",\"high\",\"low\"]"),
        .. new[] { "null", "1", "\"x\"", "{}" }.Select(json => new Row("loras", json, "list_type", "Input should be a valid list")),
        new("loras", "[{},{},{},{}]", "sequence_too_long", "Sequence should have at most 3 items", "{\"max_length\":3}"),
        .. new[] { "null", "1", "\"x\"", "[]" }.Select(json => new Row("loras.0", json, "model_attributes_type", "Input should be a valid dictionary or object to extract fields from")),
    ];

    [Fact]
    public async Task Every_field_tells_its_place_its_type_and_its_bound()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var row in Rows)
        {
            var input = JsonNode.Parse(JsonSerializer.Serialize(TestServer.Input()))!;
            Change(input, row);
            var answer = await server.SendAsync(HttpMethod.Post, TestServer.Submit, new StringContent(input.ToJsonString()));
            var what = $"{row.Path} = {row.Json}: {answer.Body}";
            Assert.True(answer.Status == 422, what);
            Assert.Equal(("application/json", "0", "false", "0"), (answer.Header("content-type"), answer.Header("x-fal-billable-units"), answer.Header("x-fal-retryable"), answer.Header("x-fal-needs-retry")));
            Assert.True(Guid.TryParse(answer.Header("x-fal-request-id"), out _), what);
            var detail = answer.Detail;
            Assert.True((row.Type, row.Message) == (detail.GetProperty("type").GetString(), detail.GetProperty("msg").GetString()), what);
            Assert.Equal($"https://docs.fal.ai/errors#{row.Type}", detail.GetProperty("url").GetString());
            Assert.Equal(JsonSerializer.Serialize(new object[] { "body" }.Concat(row.Path.Split('.').Select(part => int.TryParse(part, out var index) ? (object)index : part))), detail.GetProperty("loc").GetRawText());
            Assert.True(row.Context == (detail.TryGetProperty("ctx", out var context) ? context.GetRawText() : null), what);
            Assert.Equal(new[] { "loc", "msg", "type", "url", "ctx", "input" }.Where(key => detail.TryGetProperty(key, out _)), detail.EnumerateObject().Select(property => property.Name));
        }
    }

    [Fact]
    public async Task Every_bound_itself_is_taken()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var (path, json) in new[]
        {
            ("video_strength", "0"), ("video_strength", "1"), ("frames_per_second", "1"), ("frames_per_second", "60"), ("guidance_scale", "1"), ("guidance_scale", "20"), ("loras.0.scale", "-4"), ("loras.0.scale", "4"),
            ("num_frames", "9"), ("num_frames", "481"), ("num_inference_steps", "8"), ("num_inference_steps", "30"), ("seed", "-9223372036854775808"), ("seed", "9223372036854775807"), ("seed", "null"), ("prompt", "\"\""), ("loras", "[]"),
        })
        {
            var input = JsonNode.Parse(JsonSerializer.Serialize(TestServer.Input()))!;
            Change(input, new Row(path, json, "", ""));
            var answer = await server.SendAsync(HttpMethod.Post, TestServer.Submit, new StringContent(input.ToJsonString()));
            Assert.True(answer.Status == 200, $"{path} = {json}: {answer.Body}");
        }
    }

    [Fact]
    public void No_field_of_the_schema_is_left_out() =>
        Assert.Empty(InpaintSchema.LoraFields.Select(field => field.Name).Concat(LoraReader.Fields.Select(field => $"loras.0.{field.Name}")).Except(Rows.Select(row => row.Path)));

    private static IEnumerable<Row> Number(string path, string least, string less, string most, string more) =>
    [
        new(path, less, "greater_than_equal", $"Input should be greater than or equal to {least}", $"{{\"ge\":{least}}}"),
        new(path, more, "less_than_equal", $"Input should be less than or equal to {most}", $"{{\"le\":{most}}}"),
        new(path, "\"NaN\"", "finite_number", "Input should be a finite number"),
        new(path, "\"Infinity\"", "less_than_equal", $"Input should be less than or equal to {most}", $"{{\"le\":{most}}}"),
        new(path, "\"much\"", "float_parsing", "Input should be a valid number, unable to parse string as a number"),
        new(path, "[]", "float_type", "Input should be a valid number"),
        new(path, "{}", "float_type", "Input should be a valid number"),
    ];

    private static IEnumerable<Row> Integer(string path, string least, string less, string most, string more) =>
    [
        new(path, less, "greater_than_equal", $"Input should be greater than or equal to {least}", $"{{\"ge\":{least}}}"),
        new(path, more, "less_than_equal", $"Input should be less than or equal to {most}", $"{{\"le\":{most}}}"),
        new(path, "9.5", "int_from_float", "Input should be a valid integer, got a number with a fractional part"),
        new(path, "\"many\"", "int_parsing", "Input should be a valid integer, unable to parse string as an integer"),
        new(path, "\"9.5\"", "int_parsing", "Input should be a valid integer, unable to parse string as an integer"),
        new(path, "[]", "int_type", "Input should be a valid integer"),
        new(path, "{}", "int_type", "Input should be a valid integer"),
    ];

    private static IEnumerable<Row> Choice(string path, string message, string choices) =>
        new[] { "\"none\"", "\"\"", "1", "true", "[]", "{}" }.Select(json => new Row(path, json, "one_of", message, $"{{\"expected\":{choices}}}"));

    private static void Change(JsonNode input, Row row)
    {
        var parts = row.Path.Split('.');
        JsonNode owner = input;
        foreach (var part in parts[..^1]) owner = int.TryParse(part, out var index) ? owner[index]! : owner[part]!;
        var value = row.Json.Length == 0 ? null : JsonNode.Parse(row.Json);
        if (owner is JsonArray list) list[int.Parse(parts[^1], System.Globalization.CultureInfo.InvariantCulture)] = value;
        else if (row.Json.Length == 0) owner.AsObject().Remove(parts[^1]);
        else owner[parts[^1]] = value;
    }
}
