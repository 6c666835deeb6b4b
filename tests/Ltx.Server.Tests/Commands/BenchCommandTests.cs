using System.Text.Json;
using Ltx.Server.Commands;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Commands;

public sealed class BenchCommandTests
{
    [Fact]
    public void Sizes_and_tokens_are_read()
    {
        Assert.Equal((1920, 1088, 121), BenchCommand.Size("1920x1088x121"));
        Assert.Equal([8160, 16320, 32640], BenchCommand.Tokens("8160, 16320,32640"));
        Assert.Empty(BenchCommand.Tokens(""));
    }

    [Theory]
    [InlineData("--size: \"384x256\" is not WIDTHxHEIGHTxFRAMES.", "--size", "384x256")]
    [InlineData("--size: \"384x256x0\" is not WIDTHxHEIGHTxFRAMES.", "--size", "384x256x0")]
    [InlineData("--size: the clip is 385x256; both sides must be even.", "--size", "385x256x9")]
    [InlineData("--tokens: \"many\" is not a number of tokens.", "--tokens", "8,many")]
    [InlineData("--tokens: \"-8\" is not a number of tokens.", "--tokens", "-8")]
    [InlineData("--repeat is 0, and must be between 1 and 1000.", "--repeat", "0")]
    [InlineData("--steps is 31, and must be between 1 and 30.", "--steps", "31")]
    [InlineData("does not exist.", "--json", "/none/at/all.json")]
    [InlineData("There is no model \"none\"", "--model", "none")]
    [InlineData("--profile looks into single forwards", "--profile")]
    [InlineData("There is no preset \"none\"", "--model", "synthetic", "--preset", "none")]
    [InlineData("A model has at least one layer", "--model", "synthetic", "--layers", "0")]
    [InlineData("of this machine's memory are free. Make less of the model", "--model", "synthetic", "--layers", "2000", "--tokens", "16", "--device", "cpu")]
    [InlineData("--preset, --layers and --gemma-layers go with --model synthetic", "--layers", "2")]
    [InlineData("--preset, --layers and --gemma-layers go with --model synthetic", "--preset", "tiny")]
    [InlineData("--card names what --predict is for.", "--card", "h100")]
    [InlineData("--card is \"h300\", and there are h100, h200", "--predict", "--card", "h300")]
    [InlineData("--weights is \"fp4\", and there are checkpoint and fp8-products.", "--predict", "--card", "h100", "--weights", "fp4")]
    [InlineData("--weights is for a prediction", "--weights", "fp8-products")]
    [InlineData("--predict is for cards, and none is computed with here", "--predict", "--device", "cpu")]
    public async Task What_cannot_be_measured_is_refused_in_a_sentence(string sentence, params string[] arguments)
    {
        LtxRun run = await LtxInProcess.RunAsync(["bench", .. arguments]);
        Assert.Equal(2, run.ExitCode);
        Assert.Empty(run.Output);
        string complaint = Assert.Single(run.Complaints);
        Assert.StartsWith("ltx: ", complaint, StringComparison.Ordinal);
        Assert.Contains(sentence, complaint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_and_forwards_are_measured_printed_and_written()
    {
        using TestFolder folder = new();
        string file = Path.Combine(folder.Path, "bench.json");

        LtxRun run = (await LtxInProcess.RunAsync(["bench", "--device", "cpu", "--size", "128x128x9", "--steps", "2", "--tokens", "16", "--profile", "--repeat", "1", "--json", file])).Succeeded();

        Assert.Contains("last denoising step to finished MP4", run.Output, StringComparison.Ordinal);
        using JsonDocument report = JsonDocument.Parse(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
        JsonElement request = report.RootElement.GetProperty("request");
        Assert.Equal(
            ["reading", "preparing", "prompt", "source", "stage 1", "upsampling", "stage 2", "sound", "output"],
            request.GetProperty("stages").EnumerateArray().Select(stage => stage.GetProperty("name").GetString()));
        // Times of the same run: the stages follow each other, and nothing of size lies between them.
        Assert.InRange(request.GetProperty("sum_of_stages").GetDouble(), 0.8, 1.001);
        Assert.Equal([5, 7], request.GetProperty("stages").EnumerateArray().Select(stage => stage.GetProperty("evaluations").GetInt32()).Where(count => count > 0));
        Assert.True(request.GetProperty("host_peak").GetInt64() > 0);
        JsonElement forward = Assert.Single(report.RootElement.GetProperty("forwards").EnumerateArray()), profile = forward.GetProperty("profile");
        Assert.Equal(16, forward.GetProperty("tokens").GetInt32());
        Assert.Contains("16 tokens, part by part", run.Output, StringComparison.Ordinal);
        // What compare_reference.py reads.
        double sum = profile.GetProperty("parts").EnumerateArray().Sum(part => part.GetProperty("seconds").GetDouble());
        Assert.Equal(profile.GetProperty("sum_of_parts").GetDouble(), sum / profile.GetProperty("seconds").GetDouble(), 1e-3);
        Assert.Contains("matrix products", profile.GetProperty("parts").EnumerateArray().Select(part => part.GetProperty("kind").GetString()));
        Assert.Equal([file], TestFolder.Names(folder.Path));
    }

    [Fact]
    public async Task A_whole_request_is_measured_without_a_file_of_the_model()
    {
        using TestFolder folder = new();
        string file = Path.Combine(folder.Path, "bench.json");

        LtxRun run = (await LtxInProcess.RunAsync(
            ["bench", "--device", "cpu", "--model", "synthetic", "--preset", "tiny", "--layers", "2", "--gemma-layers", "1", "--size", "128x128x9", "--steps", "1", "--repeat", "1", "--json", file])).Succeeded();

        // Every line that a model of files has, and what is to be known of one without.
        foreach (string words in (string[])["process start to ready", "  LoRA", "TFLOP/s", "of ceiling", "last denoising step to finished MP4", "peak memory: host", "2 blocks", "random numbers", "prompt expansion is left out"])
        {
            Assert.Contains(words, run.Output, StringComparison.Ordinal);
        }
        using JsonDocument report = JsonDocument.Parse(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
        JsonElement request = report.RootElement.GetProperty("request");
        Assert.Equal([1, 3], request.GetProperty("stages").EnumerateArray().Select(stage => stage.GetProperty("evaluations").GetInt32()).Where(count => count > 0));
        Assert.InRange(request.GetProperty("sum_of_stages").GetDouble(), 0.8, 1.001);
        Assert.True(request.GetProperty("work").GetProperty("tflop").GetDouble() > 0);
        Assert.True(report.RootElement.GetProperty("ready_seconds").GetDouble() > 0);
    }

    [Fact]
    public async Task Forwards_of_random_weights_are_measured_without_a_file()
    {
        // A block of LTX-2.3's own width takes half a minute to be thought up.
        string[] width = LongForm.IsOn ? [] : ["--preset", "tiny"];
        LtxRun run = (await LtxInProcess.RunAsync(["bench", "--device", "cpu", "--dtype", "bfloat16", "--model", "synthetic", .. width, "--layers", "1", "--tokens", "16", "--repeat", "1"])).Succeeded();
        Assert.Contains("1 blocks", run.Output, StringComparison.Ordinal);
        Assert.Contains("16 + 126", run.Output, StringComparison.Ordinal);
    }
}
