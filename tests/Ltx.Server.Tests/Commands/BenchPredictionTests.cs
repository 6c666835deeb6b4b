using System.Text.Json;

namespace Ltx.Server.Tests.Commands;

/// <summary>`ltx bench --predict`. libtorch's trace of operators hears all threads of a process, and is not made for those that are in one when it begins or ends.</summary>
[Collection("alone")]
public sealed class BenchPredictionTests
{
    [Fact]
    public async Task A_card_that_is_not_there_is_predicted_for_with_what_each_time_is_made_of()
    {
        using TestFolder folder = new();
        string file = Path.Combine(folder.Path, "prediction.json");
        LtxRun run = (await LtxInProcess.RunAsync(
            ["bench", "--predict", "--card", "h100", "--preset", "tiny", "--layers", "2", "--size", "192x128x9", "--steps", "2", "--recipe", "until-now", "--tokens", "64", "--json", file])).Succeeded();

        foreach (string words in (string[])["predicted for h100: products 720", "2 blocks", "192x128, 9 frames, 2 steps, recipe until-now", "5 at ", "64 + ", "changes of LoRAs"]) Assert.Contains(words, run.Output, StringComparison.Ordinal);
        using JsonDocument report = JsonDocument.Parse(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
        JsonElement stages = report.RootElement.GetProperty("stages"), forward = report.RootElement.GetProperty("forwards")[0].GetProperty("work");
        Assert.All(stages.EnumerateArray().Where(stage => stage.GetProperty("evaluations").GetInt32() > 0), stage => Assert.True(stage.GetProperty("work").GetProperty("seconds").GetDouble() > 0));
        // Of so few tokens the host is what takes the time.
        Assert.Equal(forward.GetProperty("host").GetDouble(), forward.GetProperty("seconds").GetDouble());
    }
}
