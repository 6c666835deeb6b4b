using System.Text;
using System.Text.Json;
using Ltx.Inference.Generation;
using Ltx.Server.Fal;
using Ltx.Video;

namespace Ltx.Server.Tests.Fal;

[Fast]
public class InputReaderTests
{
    [Fact]
    public void Defaults_are_the_endpoint_pages()
    {
        var input = Read("{\"prompt\":\"p\",\"video_url\":\"https://a/v\",\"mask_video_url\":\"data:video/mp4;base64,AA==\",\"loras\":[],\"seed\":null,\"num_frames\":null}").Input!;
        Assert.Equal((1.0, 121, 24.0, 15, 1.0), (input.VideoStrength, input.NumFrames, input.FramesPerSecond, input.NumInferenceSteps, input.GuidanceScale));
        Assert.Equal((true, true, true, false), (input.GenerateAudio, input.EnablePromptExpansion, input.EnableSafetyChecker, input.SyncMode));
        Assert.Equal((VideoQuality.High, WriteMode.Balanced), (input.VideoQuality, input.VideoWriteMode));
        Assert.Null(input.Seed);
        Assert.StartsWith("color distortion", input.NegativePrompt, StringComparison.Ordinal);
        Assert.EndsWith("walking backwards", input.NegativePrompt, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("num_frames", "\"24\"")]
    [InlineData("num_frames", "24.0")]
    [InlineData("num_frames", "\" 24.0 \"")]
    [InlineData("num_frames", "9")]
    [InlineData("num_frames", "481")]
    [InlineData("video_strength", "\"0.5\"")]
    [InlineData("video_strength", "true")]
    [InlineData("generate_audio", "0")]
    [InlineData("generate_audio", "\"Yes\"")]
    [InlineData("sync_mode", "\"off\"")]
    [InlineData("seed", "-1")]
    [InlineData("seed", "9223372036854775807")]
    [InlineData("seed", "true")]
    [InlineData("prompt", "\"\"")]
    [InlineData("prompt", "\"\\ud83d\\ude00\"")]
    [InlineData("unknown_field", "{\"a\":[1]}")]
    [InlineData("video_url", "\"file:///srv/a.mp4\"")]
    [InlineData("loras", "[{\"path\":\"https://a/b\",\"weight_name\":\"x\",\"scale\":\"-4\",\"transformer\":\"stage_2\"}]")]
    public void Lax_values_are_taken(string field, string json) => Assert.Empty(Read(With(field, json)).Problems);

    [Theory]
    [InlineData("num_frames", "8", "greater_than_equal", "\"ge\":9")]
    [InlineData("num_frames", "482", "less_than_equal", "\"le\":481")]
    [InlineData("num_frames", "24.5", "int_from_float", "")]
    [InlineData("num_frames", "\"x\"", "int_parsing", "")]
    [InlineData("num_frames", "[]", "int_type", "")]
    [InlineData("num_frames", "1e400", "less_than_equal", "")]
    [InlineData("num_frames", "true", "greater_than_equal", "")]
    [InlineData("seed", "1e30", "less_than_equal", "9223372036854775807")]
    [InlineData("seed", "-1e30", "greater_than_equal", "")]
    [InlineData("seed", "9223372036854775808", "less_than_equal", "")]
    [InlineData("video_strength", "-0.1", "greater_than_equal", "\"ge\":0")]
    [InlineData("video_strength", "\"NaN\"", "finite_number", "")]
    [InlineData("video_strength", "{}", "float_type", "")]
    [InlineData("video_strength", "\"x\"", "float_parsing", "")]
    [InlineData("frames_per_second", "61", "less_than_equal", "\"le\":60")]
    [InlineData("guidance_scale", "20.5", "less_than_equal", "\"le\":20")]
    [InlineData("generate_audio", "2", "bool_parsing", "")]
    [InlineData("generate_audio", "\"maybe\"", "bool_parsing", "")]
    [InlineData("generate_audio", "[]", "bool_type", "")]
    [InlineData("prompt", "1", "string_type", "")]
    [InlineData("prompt", "null", "string_type", "")]
    [InlineData("prompt", "\"\\ud800\"", "string_unicode", "")]
    [InlineData("negative_prompt", "{}", "string_type", "")]
    [InlineData("video_quality", "\"ultra\"", "one_of", "[\"low\",\"medium\",\"high\",\"maximum\"]")]
    [InlineData("video_quality", "5", "one_of", "")]
    [InlineData("video_url", "\"\"", "file_download_error", "")]
    [InlineData("video_url", "\"ftp://a/b\"", "file_download_error", "")]
    [InlineData("video_url", "\"gopher://a/b\"", "file_download_error", "")]
    [InlineData("video_url", "\"data:nothing\"", "file_download_error", "")]
    [InlineData("video_url", "\"//a/b\"", "file_download_error", "")]
    [InlineData("loras", "null", "list_type", "")]
    [InlineData("loras", "{}", "list_type", "")]
    [InlineData("loras", "[1]", "model_attributes_type", "")]
    [InlineData("loras", "[{},{},{},{}]", "sequence_too_long", "\"max_length\":3")]
    public void Wrong_values_name_field_and_reason(string field, string json, string type, string context)
    {
        var problem = Assert.Single(Read(With(field, json)).Problems);
        Assert.Equal(type, problem.Type);
        Assert.Equal(field, problem.Location[1]);
        Assert.Contains(context, FalJson.Text(problem.Write), StringComparison.Ordinal);
    }

    [Fact]
    public void Problems_come_together_in_the_order_of_the_schema_with_fals_keys()
    {
        var problems = Read("{\"num_frames\":1,\"loras\":[{\"scale\":9}]}").Problems;
        Assert.Equal(["prompt", "video_url", "mask_video_url", "num_frames", "path", "scale"], problems.Select(p => p.Location[^1]));
        using var written = JsonDocument.Parse(FalJson.Text(problems[^1].Write));
        Assert.Equal("[\"body\",\"loras\",0,\"scale\"]", written.RootElement.GetProperty("loc").GetRawText());
        Assert.Equal(["loc", "msg", "type", "url", "ctx", "input"], written.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal("https://docs.fal.ai/errors#less_than_equal", written.RootElement.GetProperty("url").GetString());
    }

    [Fact]
    public void Echoed_urls_carry_no_secrets_and_long_values_are_cut()
    {
        var url = FalJson.Text(Read(With("video_url", "\"ftp://user:pass@host/x?token=abc\"")).Problems[0].Write);
        Assert.DoesNotContain("pass", url, StringComparison.Ordinal);
        Assert.DoesNotContain("abc", url, StringComparison.Ordinal);
        Assert.InRange(FalJson.Text(Read(With("video_quality", $"\"{new string('x', 100_000)}\"")).Problems[0].Write).Length, 100, 1000);
    }

    [Fact]
    public void A_clip_is_generated_with_what_the_input_says()
    {
        var input = Read(
            """
            {
              "prompt": "p", "video_url": "https://a/v", "mask_video_url": "https://a/m", "video_strength": 0.25, "num_inference_steps": 9, "guidance_scale": 3, "generate_audio": false,
              "negative_prompt": "n", "seed": 5, "enable_prompt_expansion": false, "loras": [{ "path": "https://a/l?token=secret", "scale": 0.5, "transformer": "low" }]
            }
            """).Input!;
        GenerationParameters expected = new("p")
        {
            VideoStrength = 0.25, Steps = 9, GuidanceScale = 3, GenerateAudio = false, NegativePrompt = "n", Seed = 5, ExpandPrompt = false,
        };
        var parameters = input.ToParameters(["/lora"]);
        Assert.Equal(expected, parameters with { Loras = expected.Loras });
        Assert.Equal(new LoraChoice("/lora", 0.5, LoraStages.Stage2, "https://a/l?[redacted]"), Assert.Single(parameters.Loras));
        Assert.NotEqual((input with { Seed = null }).ToParameters(["/lora"]).Seed, (input with { Seed = null }).ToParameters(["/lora"]).Seed);
    }

    [Fact]
    public void The_last_of_duplicate_keys_counts() => Assert.Equal("b", Read(With("prompt", "\"b\"")).Input!.Prompt);

    private static string With(string field, string json) =>
        $"{{\"prompt\":\"p\",\"video_url\":\"https://a/v\",\"mask_video_url\":\"https://a/m\",\"loras\":[],\"{field}\":{json}}}";

    private static (InpaintInput? Input, IReadOnlyList<FalDetail> Problems) Read(string json)
    {
        var (document, error) = JsonInput.Parse(Encoding.UTF8.GetBytes(json), 64);
        Assert.Null(error);
        using (document)
        {
            var reading = InputReader.Read(Applications.Default, document!.RootElement);
            return ((InpaintInput?)reading.Input, reading.Problems);
        }
    }
}
