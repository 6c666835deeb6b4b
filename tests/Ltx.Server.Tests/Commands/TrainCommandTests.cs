using System.Text.Json;

namespace Ltx.Server.Tests.Commands;

/// <summary>`ltx train`, from a folder of clips to a LoRA that the next command takes.</summary>
public sealed class TrainCommandTests
{
    private static readonly string[] Small = ["--frames", "9", "--resolution", "128x128", "--fps", "24", "--rank", "2", "--device", "cpu"];

    [Theory]
    [InlineData("--kind is missing.")]
    [InlineData("--kind is colour, and must be one of inpaint, outpaint, v2v, v2v-masked, t2v, i2v.", "--kind", "colour")]
    [InlineData("--kind outpaint needs --keep", "--kind", "outpaint")]
    [InlineData("--keep is 1,2,3, and must be LEFT,TOP,RIGHT,BOTTOM in pixels.", "--kind", "outpaint", "--keep", "1,2,3")]
    [InlineData("--rank is 0, and must be 1 or more.", "--kind", "inpaint", "--rank", "0")]
    [InlineData("--steps is 0, and must be 1 or more.", "--kind", "inpaint", "--steps", "0")]
    [InlineData("--learning-rate is 2, and must be between 0 and 1.", "--kind", "inpaint", "--learning-rate", "2")]
    [InlineData("holds no training that could go on.", "--kind", "inpaint", "--resume")]
    [InlineData("--resolution is huge, and must be low, medium, high or WIDTHxHEIGHT.", "--kind", "inpaint", "--resolution", "huge")]
    [InlineData("the sides must be multiples of 32 and 32.", "--kind", "inpaint", "--resolution", "65x64")]
    [InlineData("their number must be one more than a multiple of 8.", "--kind", "inpaint", "--frames", "10")]
    [InlineData("--validate: /none.json cannot be read as a JSON list of clips", "--kind", "inpaint", "--validate", "/none.json")]
    [InlineData("--config: /none.json cannot be read as a JSON object of options", "--kind", "inpaint", "--config", "/none.json")]
    public async Task What_cannot_be_trained_is_refused_in_a_sentence(string sentence, params string[] arguments)
    {
        using TestFolder folder = new();
        Directory.CreateDirectory(Path.Combine(folder.Path, "clips"));
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "clips", "a.txt"), "a clip", TestContext.Current.CancellationToken);
        LtxRun run = await LtxInProcess.RunAsync(["train", "--data", Path.Combine(folder.Path, "clips"), "--out", Path.Combine(folder.Path, "out"), .. arguments]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(sentence, run.Complaints[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_set_without_a_clip_that_can_be_used_names_each_and_its_reason()
    {
        using TestFolder folder = new();
        string clips = Path.Combine(folder.Path, "clips");
        Directory.CreateDirectory(clips);
        TestMedia.Video(folder, "clips/walk.mp4", 64, 64);
        LtxRun run = await LtxInProcess.RunAsync(["train", "--kind", "inpaint", "--data", clips, "--out", Path.Combine(folder.Path, "out"), .. Small]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("walk", run.Complaints[^1], StringComparison.Ordinal);
        Assert.Contains("mask", run.Complaints[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clips_become_a_LoRA_with_its_log_its_plot_and_previews_and_a_training_that_was_stopped_goes_on()
    {
        using TestFolder folder = new();
        string clips = Path.Combine(folder.Path, "clips"), output = Path.Combine(folder.Path, "out"), list = Path.Combine(clips, "previews.json"), config = Path.Combine(folder.Path, "config.json");
        Directory.CreateDirectory(clips);
        foreach (string name in new[] { "one", "two" })
        {
            TestMedia.Video(folder, $"clips/{name}.mp4", 144, 128);
            TestMedia.Mask(folder, $"clips/{name}_mask.mp4", 144, 128);
        }
        await File.WriteAllTextAsync(list, """[{ "prompt": "a red disc", "video": "one.mp4", "mask": "one_mask.mp4" }]""", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(config, """{ "kind": "inpaint", "steps": 4, "checkpoint-every": 2, "trigger": "SKS", "preview-every": 2 }""", TestContext.Current.CancellationToken);

        string[] order = ["train", "--config", config, "--data", clips, "--out", output, "--validate", list, .. Small];
        LtxRun run = (await LtxInProcess.RunAsync(order)).Succeeded();
        Assert.Contains("lora.safetensors", run.Output, StringComparison.Ordinal);
        foreach (string name in new[] { "lora.safetensors", "lora_step_00002.safetensors", "state.safetensors", "loss.png", "preview_step_00002_1.mp4", "previews.mp4" })
        {
            Assert.True(new FileInfo(Path.Combine(output, name)).Length > 0, name);
        }
        Assert.Equal(["step", "1", "2", "3", "4"], File.ReadLines(Path.Combine(output, "loss.csv")).Select(line => line.Split(',')[0]));
        using JsonDocument made = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(output, "training_config.json"), TestContext.Current.CancellationToken));
        Assert.Equal(("inpaint", "SKS", 2), (made.RootElement.GetProperty("kind").GetString(), made.RootElement.GetProperty("trigger_phrase").GetString(), made.RootElement.GetProperty("clips").GetArrayLength()));

        // Not by accident, and only as what it was.
        Assert.Contains("holds a training; give --resume", (await LtxInProcess.RunAsync(order)).Complaints[^1], StringComparison.Ordinal);
        Assert.Contains("and 1E-05 is asked for", (await LtxInProcess.RunAsync([.. order, "--resume", "--learning-rate", "1e-5"])).Complaints[^1], StringComparison.Ordinal);
        byte[] lora = await File.ReadAllBytesAsync(Path.Combine(output, "lora.safetensors"), TestContext.Current.CancellationToken);
        (await LtxInProcess.RunAsync([.. order, "--resume"])).Succeeded();
        Assert.Equal(lora, await File.ReadAllBytesAsync(Path.Combine(output, "lora.safetensors"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_plan_of_a_training_is_printed_for_all_cards()
    {
        LtxRun run = (await LtxInProcess.RunAsync(["doctor", "--plan", "960x544x89", "--train", "v2v", "--rank", "16"])).Succeeded();
        foreach (string words in (string[])["80 GB", "16 GB", "960x544, 89 frames, v2v, rank 16: 12240 tokens", "s of products and attention at least"]) Assert.Contains(words, run.Output, StringComparison.Ordinal);
        Assert.Contains("--train is dance, and must be one of", (await LtxInProcess.RunAsync(["doctor", "--plan", "960x544x89", "--train", "dance"])).Complaints[^1], StringComparison.Ordinal);
    }
}
