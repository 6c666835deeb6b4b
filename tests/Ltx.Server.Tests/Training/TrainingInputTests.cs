using System.Text.Json;
using System.Text.Json.Nodes;
using Ltx.Server.Fal;
using Ltx.Server.Fetch;
using Ltx.Server.Tests.Support;
using Ltx.Training;

namespace Ltx.Server.Tests.Training;

/// <summary>What trainers read of an input, and what they refuse of it.</summary>
[Fast]
public class TrainingInputTests
{
    private const string OneMore = "Input should be one more than a multiple of ";

    [Fact]
    public void What_is_given_is_what_the_loop_is_told()
    {
        var input = Read("ic-lora/v2v", new
        {
            training_data_url = "data:application/zip;base64,UEs=",
            rank = "64",
            number_of_steps = "500",
            learning_rate = 1e-6,
            number_of_frames = 33,
            first_frame_conditioning_p = 0.25,
            reference_downscale_factor = 2,
            reference_temporal_scale_factor = 4,
            trigger_phrase = "sks",
            auto_scale_input = 1,
            validation = new[] { new { prompt = "p", reference_video_url = "https://a/r" } },
        });
        var options = input.ToOptions(7);
        Assert.Equal((64, 500, 1e-6, 0.25), (options.Rank, options.Steps, options.LearningRate, options.FirstFrame));
        Assert.Equal((2, 4, 7, "sks"), (options.ReferenceDownscale, options.ReferenceTemporalScale, options.CheckpointEvery, options.Trigger));
        Assert.True(input.AutoScaleInput);
        Assert.Equal([FetchKind.DataSet, FetchKind.Video], input.Files.Select(file => file.Kind));
        Assert.Equal(["body", "validation", 0, "reference_video_url"], input.Files[1].Location);
        var corners = new { training_data_url = "https://a/z", crop_top_left = new[] { 64, 32 }, crop_bottom_right = new[] { 512, 544 } };
        var outpaint = Read("outpaint", corners);
        Assert.Equal(new KeptRectangle(64, 32, 512, 544), outpaint.Kept);
        var inpaint = Read("inpaint", new { training_data_url = "https://a/z", rank = 8 });
        Assert.Equal((8, null, null), (inpaint.Rank, inpaint.Kept, inpaint.ToOptions(1).Trigger));
    }

    [Theory]
    [InlineData("inpaint", "training_data_url", null, "missing", "Field required")]
    [InlineData("inpaint", "training_data_url", "\"data.zip\"", "file_download_error", FalMessages.DownloadFailed)]
    [InlineData("inpaint", "rank", "12", "one_of", "Input should be '8', '16', '32', '64' or '128'")]
    [InlineData("inpaint", "rank", "\"33\"", "one_of", "Input should be '8', '16', '32', '64' or '128'")]
    [InlineData("inpaint", "number_of_steps", "99", "greater_than_equal", "Input should be greater than or equal to 100")]
    [InlineData("inpaint", "number_of_steps", "20001", "less_than_equal", "Input should be less than or equal to 20000")]
    [InlineData("inpaint", "learning_rate", "0", "greater_than_equal", "Input should be greater than or equal to 1e-06")]
    [InlineData("inpaint", "learning_rate", "2", "less_than_equal", "Input should be less than or equal to 1")]
    [InlineData("inpaint", "number_of_frames", "90", "value_error", $"{OneMore}8: 1, 9, 17 and so on")]
    [InlineData("inpaint", "number_of_frames", "129", "less_than_equal", "Input should be less than or equal to 121")]
    [InlineData("inpaint", "validation_number_of_frames", "8", "value_error", $"{OneMore}8: 1, 9, 17 and so on")]
    [InlineData("inpaint", "frame_rate", "7", "greater_than_equal", "Input should be greater than or equal to 8")]
    [InlineData("inpaint", "resolution", "\"huge\"", "one_of", "Input should be 'low', 'medium' or 'high'")]
    [InlineData("inpaint", "aspect_ratio", "\"4:3\"", "one_of", "Input should be '16:9', '1:1' or '9:16'")]
    [InlineData("inpaint", "stg_scale", "4", "less_than_equal", "Input should be less than or equal to 3")]
    [InlineData("inpaint", "split_input_duration_threshold", "0", "greater_than_equal", "Input should be greater than or equal to 1")]
    [InlineData("inpaint", "validation", "{}", "list_type", "Input should be a valid list")]
    [InlineData("inpaint", "validation", "[{},{},{}]", "sequence_too_long", "Sequence should have at most 2 items")]
    [InlineData("inpaint", "validation.0", "[1]", "model_attributes_type", "Input should be a valid dictionary or object to extract fields from")]
    [InlineData("inpaint", "validation.0.mask_url", """[{"prompt":"p","video_url":"https://a/v"}]""", "missing", "Field required")]
    [InlineData("v2v", "reference_downscale_factor", "0", "greater_than_equal", "Input should be greater than or equal to 1")]
    [InlineData("v2v", "number_of_frames", "41", "value_error", $"{OneMore}16 where references have 2 times fewer frames")]
    [InlineData("v2v", "first_frame_conditioning_p", "1.5", "less_than_equal", "Input should be less than or equal to 1")]
    [InlineData("t2v", "with_audio", "true", "feature_not_supported", "Sound is not trained on this server: with_audio must be false or absent.")]
    [InlineData("outpaint", "crop_top_left", null, "missing", "Field required")]
    [InlineData("outpaint", "crop_top_left", "5", "list_type", "Input should be a valid list")]
    [InlineData("outpaint", "crop_top_left", "[1]", "sequence_too_short", "Sequence should have at least 2 items")]
    [InlineData("outpaint", "crop_top_left", "[1,2,3]", "sequence_too_long", "Sequence should have at most 2 items")]
    [InlineData("outpaint", "crop_top_left", "[-1,0]", "greater_than_equal", "Input should be greater than or equal to 0")]
    [InlineData("outpaint", "crop_top_left.1", "[1,\"x\"]", "int_type", "Input should be a valid integer")]
    [InlineData("outpaint", "crop_bottom_right", "[64,64]", "value_error", "Input should lie to the right of crop_top_left, and below it")]
    public void A_field_tells_its_place_and_what_is_wrong(string trainer, string place, string? json, string type, string message)
    {
        var input = JsonNode.Parse(JsonSerializer.Serialize(TestServer.TrainingInput()))!.AsObject();
        if (trainer == "outpaint")
        {
            (input["crop_top_left"], input["crop_bottom_right"]) = (new JsonArray(64, 64), new JsonArray(128, 128));
        }

        if (trainer == "v2v")
        {
            (input["reference_temporal_scale_factor"], input["number_of_frames"]) = (2, 49);
        }

        var field = place.Split('.')[0];
        input.Remove(field);
        if (json is not null)
        {
            input[field] = JsonNode.Parse(json);
        }

        var problem = Assert.Single(Reading(trainer, input).Problems);
        Assert.Equal((type, message), (problem.Type, problem.Message));
        Assert.Equal("body." + place, string.Join('.', problem.Location));
    }

    [Fact]
    public void Every_bound_itself_is_taken()
    {
        foreach (var (field, value) in new (string, object?)[]
        {
            ("number_of_steps", 20000), ("learning_rate", 1), ("number_of_frames", 1), ("number_of_frames", 121), ("frame_rate", 60),
            ("stg_scale", 0), ("rank", 128), ("validation", null), ("validation", Array.Empty<int>()), ("with_audio", false), ("with_audio", null),
            ("trigger_phrase", ""), ("an_unknown_field", 1),
        })
        {
            var input = TestServer.TrainingInput();
            input[field] = value;
            Assert.Empty(Reading("t2v", input).Problems);
        }
    }

    private static TrainingInput Read(string trainer, object input)
    {
        var reading = Reading(trainer, input);
        Assert.Empty(reading.Problems);
        return (TrainingInput)reading.Input!;
    }

    private static InputReading Reading(string trainer, object input) =>
        InputReader.Read(Applications.Of("fal-ai/ltx23-trainer-v2/" + trainer), JsonSerializer.SerializeToElement(input));
}
