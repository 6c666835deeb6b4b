using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Ltx.Server.TestHost;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Training;

/// <summary>A training goes on from what it has kept however often its server dies: more often than a request may be attempted in vain.</summary>
[Collection("alone")]
public class TrainingKillTests
{
    private static readonly int Kills = LongForm.IsOn ? 20 : 3;

    [Fact]
    public async Task Kills_between_two_states_repeat_what_came_behind_the_last_one_and_no_more()
    {
        using TempFolder data = new();
        var steps = FakeTrainer.Checkpoint * (Kills + 2);
        var input = TestServer.TrainingInput(("number_of_steps", steps), ("trigger_phrase", $"[hold={Kills}]"));
        var id = "";
        for (var kill = 0; kill < Kills; kill++)
        {
            using var server = HostProcess.Start(data.Path, stepMilliseconds: 1);
            await server.WaitUntilLiveAsync();
            if (kill == 0)
            {
                using var answer = await server.Client.PostAsJsonAsync(TestServer.Train, input);
                id = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("request_id").GetString()!;
            }

            await StandsAtAsync(server, id, (FakeTrainer.Checkpoint * (kill + 1)) + FakeTrainer.Behind);
            server.Kill();
        }

        using var last = HostProcess.Start(data.Path, stepMilliseconds: 1);
        await last.WaitUntilLiveAsync();
        var status = await EndsAsync(last, id);
        var result = await last.Client.GetFromJsonAsync<JsonElement>($"{TestServer.Train}/requests/{id}");
        var learned = await last.Client.GetByteArrayAsync(new Uri(result.GetProperty("lora_file").GetProperty("url").GetString()!).AbsolutePath);
        Assert.Equal(FakeTrainer.Lora(Encoding.UTF8.GetBytes("https://example.com/data.zip"), steps), learned);
        string[] begun = [.. status.GetProperty("logs").EnumerateArray().Select(line => line.GetProperty("message").GetString()!)
            .Where(line => line == "Begins." || line.StartsWith("Goes on", StringComparison.Ordinal))];
        Assert.Equal(["Begins.", .. Enumerable.Range(1, Kills).Select(kill => $"Goes on behind step {FakeTrainer.Checkpoint * kill}.")], begun);
        Assert.Equal(0, last.Stop());
        // One LoRA, and one configuration.
        Assert.Equal(2, Directory.EnumerateFiles(Path.Combine(data.Path, "files"), "*", SearchOption.AllDirectories).Count());
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(data.Path, "trainings")));
    }

    private static async Task StandsAtAsync(HostProcess server, string id, int step)
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(180); ; await Task.Delay(10))
        {
            var status = await server.Client.GetFromJsonAsync<JsonElement>($"{TestServer.Train}/requests/{id}/status");
            var isTraining = status.TryGetProperty("progress", out var progress) && progress.GetProperty("stage").GetString() == "training";
            if (isTraining && progress.GetProperty("step").GetInt32() == step)
            {
                break;
            }

            Assert.True(DateTime.UtcNow < deadline, $"It does not come to step {step}: {status}");
        }

        // What is written now stands on the disk behind what was written before.
        using var answer = await server.Client.PostAsJsonAsync("/storage/upload/initiate", new { content_type = "video/mp4", file_name = "a.mp4" });
        Assert.True(answer.IsSuccessStatusCode);
    }

    private static async Task<JsonElement> EndsAsync(HostProcess server, string id)
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(180); ; await Task.Delay(50))
        {
            var status = await server.Client.GetFromJsonAsync<JsonElement>($"{TestServer.Train}/requests/{id}/status?logs=1");
            if (status.GetProperty("status").GetString() == "COMPLETED")
            {
                return status;
            }

            Assert.True(DateTime.UtcNow < deadline, $"It does not end: {status}");
        }
    }
}
