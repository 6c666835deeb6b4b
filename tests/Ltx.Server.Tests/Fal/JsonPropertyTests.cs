using System.Globalization;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Ltx.Server.Fal;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Fal;

/// <summary>Any JSON at all, sent to the real routes: 200 exactly when the schema allows it, else 400, 413 or 422 in fal's form, never 500.</summary>
[Fast]
public class JsonPropertyTests
{
    private static readonly Gen<string> Scalar = Gen.OneOf(
        Gen.Elements("null", "true", "false", "0", "1", "-1", "1e400", "-0", "24", "0.5", "1.0e1", "99999999999999999999", "\"\"", "\"24\"", "\"true\"", "\"high\"", "\"fast\"", "\"both\"",
            "\"https://a/b\"", "\"data:,\"", "\"\\ud800\"", "\"\\u0000\"", "\"\\ud83d\\ude00\"", "\"%\"", "\"http://\"", "\"\u202e\u0000x\""),
        ArbMap.Default.GeneratorFor<string>().Where(s => s is not null).Select(s => JsonSerializer.Serialize(s)),
        ArbMap.Default.GeneratorFor<int>().Select(i => i.ToString(CultureInfo.InvariantCulture)),
        Gen.Choose(-10, 500).Select(i => (i / 7.0).ToString(CultureInfo.InvariantCulture)));

    private static readonly Gen<string> Value = Gen.Sized(size => Tree(Math.Min(size, 4)));

    private static readonly Gen<string> Name = Gen.OneOf(
        Gen.Elements([.. InpaintSchema.LoraFields.Select(f => f.Name), "path", "scale", "transformer", "", "\\ud800", "\\u0070rompt", "__proto__"]),
        ArbMap.Default.GeneratorFor<NonEmptyString>().Select(s => JsonSerializer.Serialize(s.Get)[1..^1]));

    private static readonly Gen<string> NearlyValid =
        from changes in (from name in Name from value in Value select $",\"{name}\":{value}").ListOf()
        select "{\"prompt\":\"p\",\"video_url\":\"https://a/v\",\"mask_video_url\":\"https://a/m\",\"num_inference_steps\":8,\"loras\":[{\"path\":\"https://a/l\"}]" + string.Concat(changes.Take(3)) + "}";

    private static readonly Gen<string> Broken =
        from json in NearlyValid
        from at in Gen.Choose(0, json.Length - 1)
        from c in Gen.Elements('"', '{', '}', '[', ',', ':', '\\', '\0', 'x')
        select json[..at] + c + json[(at + 1)..];

    [Fact]
    public async Task No_json_makes_the_server_fail()
    {
        await using var server = await TestServer.StartAsync();
        var counts = new Dictionary<int, int>();
        Prop.ForAll(Gen.Frequency((6, NearlyValid), (2, Value), (2, Broken)).ToArbitrary(), json =>
        {
            var bytes = Encoding.UTF8.GetBytes(json);
            var answer = server.SendAsync(HttpMethod.Post, TestServer.Submit, new ByteArrayContent(bytes)).GetAwaiter().GetResult();
            counts[answer.Status] = counts.GetValueOrDefault(answer.Status) + 1;
            Check(answer);
            Assert.Equal(IsAllowed(bytes), answer.Status == 200);
        }).Check(SameEveryTime.Config(600));
        Assert.True(counts.GetValueOrDefault(200) > 50 && counts.GetValueOrDefault(422) > 50, string.Join(", ", counts)); // both sides were tried
    }

    [Theory]
    [InlineData(100)]
    [InlineData(511)]
    [InlineData(513)]
    [InlineData(100_000)]
    public async Task Deep_nesting_is_taken_or_refused(int depth)
    {
        await using var server = await TestServer.StartAsync();
        var json = JsonSerializer.Serialize(TestServer.Input())[..^1] + ",\"x\":" + new string('[', depth) + new string(']', depth) + "}";
        var answer = await server.SendAsync(HttpMethod.Post, TestServer.Submit, new StringContent(json));
        Check(answer);
        Assert.Equal(depth < 512 ? 200 : 422, answer.Status);
        if (answer.Status == 200)
        {
            Assert.Equal(200, (await server.GetAsync("/requests")).Status);
        }
    }

    [Fact]
    public async Task Strings_of_any_length_are_taken_where_the_schema_allows_them_and_never_echoed()
    {
        await using var server = await TestServer.StartAsync();
        var huge = new string('x', LongForm.IsOn ? 100_000_000 : 10_000_000);
        Assert.Equal(200, (await server.PostAsync(TestServer.Submit, TestServer.Input(("prompt", huge)))).Status);
        var wrong = await server.PostAsync(TestServer.Submit, TestServer.Input(("video_quality", huge)));
        Check(wrong);
        Assert.Equal(422, wrong.Status);
        Assert.InRange(wrong.Body.Length, 1, 2000);
        Assert.Equal(422, (await server.PostAsync(TestServer.Submit, TestServer.Input(("video_url", huge)))).Status);
        Assert.Equal(413, (await server.SendAsync(HttpMethod.Post, TestServer.Submit, new ByteArrayContent(new byte[300_000_000]))).Status);
        Assert.InRange((await server.GetAsync("/requests")).Body.Length, 100, 20_000);
    }

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFE, 0x7B, 0x00 })]
    [InlineData(new byte[] { 0x22, 0xC3, 0x28, 0x22 })]
    [InlineData(new byte[] { 0x00 })]
    public async Task Bytes_that_are_no_text_are_refused(byte[] body)
    {
        await using var server = await TestServer.StartAsync();
        var answer = await server.SendAsync(HttpMethod.Post, TestServer.Submit, new ByteArrayContent(body));
        Check(answer);
        Assert.Equal(422, answer.Status);
    }

    private static void Check(Answer answer)
    {
        Assert.Contains(answer.Status, new[] { 200, 400, 413, 422 });
        Assert.Equal("application/json", answer.Header("content-type"));
        if (answer.Status == 422)
        {
            foreach (var detail in answer.Json.GetProperty("detail").EnumerateArray())
            {
                Assert.Equal("body", detail.GetProperty("loc")[0].GetString());
                Assert.False(string.IsNullOrEmpty(detail.GetProperty("msg").GetString()));
                Assert.Equal("https://docs.fal.ai/errors#" + detail.GetProperty("type").GetString(), detail.GetProperty("url").GetString());
            }
        }
    }

    /// <summary>The schema once more, in the shortest words; written apart from the reader on purpose.</summary>
    private static bool IsAllowed(byte[] bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 512 });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || Encoding.UTF8.GetString(bytes).Contains("\\ud800", StringComparison.OrdinalIgnoreCase) && HasBrokenName(root))
            {
                return false;
            }

            return Text(root, "prompt", true) && Url(root, "video_url") && Url(root, "mask_video_url") && Text(root, "negative_prompt", false)
                && Number(root, "video_strength", 0, 1, false) && Number(root, "num_frames", 9, 481, true) && Number(root, "frames_per_second", 1, 60, false)
                && Number(root, "num_inference_steps", 8, 30, true) && Number(root, "guidance_scale", 1, 20, false) && Number(root, "seed", -9.223372036854775808e18, 9.2233720368547748e18, true)
                && new[] { "generate_audio", "enable_prompt_expansion", "enable_safety_checker", "sync_mode" }.All(n => Bool(root, n))
                && Choice(root, "video_quality", "low", "medium", "high", "maximum") && Choice(root, "video_write_mode", "fast", "balanced", "small")
                && root.TryGetProperty("loras", out var loras) && loras.ValueKind == JsonValueKind.Array && loras.GetArrayLength() <= 3
                && loras.EnumerateArray().All(l => l.ValueKind == JsonValueKind.Object && Url(l, "path") && Number(l, "scale", -4, 4, false) && Choice(l, "transformer", "both", "stage_1", "stage_2", "high", "low"));
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool HasBrokenName(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().Any(p => Broke(() => p.Name) || HasBrokenName(p.Value)),
        JsonValueKind.Array => element.EnumerateArray().Any(HasBrokenName),
        _ => false,
    };

    private static bool Broke(Func<string?> read)
    {
        try
        {
            read();
            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }

    private static bool Given(JsonElement o, string name, out JsonElement value) => o.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    private static bool Text(JsonElement o, string name, bool required) => Given(o, name, out var v) ? v.ValueKind == JsonValueKind.String && !Broke(v.GetString) : !required;

    private static bool Url(JsonElement o, string name) => Text(o, name, true) && o.GetProperty(name).GetString() is var s
        && (s!.StartsWith("data:", StringComparison.OrdinalIgnoreCase) ? s.Contains(',') : Uri.TryCreate(s.Trim(), UriKind.Absolute, out var u) && s.Trim().Contains(':') && !s.Trim().StartsWith('/') && (u.Scheme is "http" or "https" ? u.Host != "" : u.Scheme == "file"));

    private static bool Choice(JsonElement o, string name, params string[] words) => !Given(o, name, out var v) || (v.ValueKind == JsonValueKind.String && !Broke(v.GetString) && words.Contains(v.GetString()));

    private static bool Number(JsonElement o, string name, double low, double high, bool whole)
    {
        if (!Given(o, name, out var v))
        {
            return true;
        }

        double d;
        switch (v.ValueKind)
        {
            case JsonValueKind.True: d = 1; break;
            case JsonValueKind.False: d = 0; break;
            case JsonValueKind.Number: d = double.Parse(v.GetRawText(), CultureInfo.InvariantCulture); break;
            case JsonValueKind.String when !Broke(v.GetString) && double.TryParse(v.GetString()!.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out d): break;
            default: return false;
        }

        return d >= low && d <= high && (!whole || double.IsInteger(d));
    }

    private static bool Bool(JsonElement o, string name) => !Given(o, name, out var v) || v.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => true,
        JsonValueKind.Number => v.GetDouble() is 0 or 1,
        JsonValueKind.String => !Broke(v.GetString) && new[] { "true", "false", "t", "f", "yes", "no", "y", "n", "on", "off", "1", "0" }.Contains(v.GetString()!.ToLowerInvariant()),
        _ => false,
    };

    private static Gen<string> Tree(int depth) => depth == 0
        ? Scalar
        : Gen.Frequency(
            (4, Scalar),
            (1, Tree(depth - 1).ListOf().Select(l => $"[{string.Join(',', l.Take(5))}]")),
            (1, (from n in Name from v in Tree(depth - 1) select $"\"{n}\":{v}").ListOf().Select(l => $"{{{string.Join(',', l.Take(5))}}}")));
}
