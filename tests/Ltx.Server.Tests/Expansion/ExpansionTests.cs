using System.Text.Json;
using Ltx.Inference.Tests.Expansion;
using Ltx.Server.Commands;
using Ltx.Server.Configuration;
using Ltx.Server.Tests.Commands;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Expansion;

/// <summary>The real server and the command line with a Gemma that writes what the test has built into it.</summary>
public class ExpansionTests
{
    private const string Prompt = "a red disc";

    [Fact]
    public async Task The_results_prompt_is_the_expansion_which_is_what_was_encoded()
    {
        using ChainGemma gemma = new(Repository.Model, ChainGemma.Fluent);
        using TestFolder folder = new();
        await using var server = await StartAsync(gemma, folder);
        var first = await RunAsync(server, folder, ("seed", 5));
        Assert.StartsWith("A red disc ", first.Prompt, StringComparison.Ordinal);
        Assert.EndsWith(" fades.", first.Prompt, StringComparison.Ordinal);
        Assert.Contains("The prompt was expanded.", first.Logs);

        // The clip is the one that this text gives when it is the prompt.
        var given = await RunAsync(server, folder, ("seed", 5), ("prompt", first.Prompt), ("enable_prompt_expansion", false));
        Assert.Equal(first.Prompt, given.Prompt);
        Assert.DoesNotContain(given.Logs, line => line.Contains("expan", StringComparison.Ordinal));
        Assert.Equal(first.Video, given.Video);

        // The command line goes the same way: same seed, same text.
        string[] arguments = ["--seed", "5", "--frames", "9", "--yes", "--model", gemma.Path];
        InpaintCall call = new InpaintCall(folder, Source(folder), Mask(folder)).With(arguments);
        Assert.Contains($"prompt: {first.Prompt}", (await call.RunAsync()).Succeeded().Output, StringComparison.Ordinal);
        InpaintCall off = new InpaintCall(folder, Source(folder), Mask(folder)).With([.. arguments, "--no-prompt-expansion"]);
        Assert.DoesNotContain("prompt: ", (await off.RunAsync()).Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_operator_says_so_the_text_model_is_shown_the_masked_frame()
    {
        const string Line = "The text model was shown frame 0 with the masked region in green.";
        using ChainGemma gemma = new(Repository.Model, ChainGemma.Fluent, sees: true);
        using TestFolder folder = new();
        await using var server = await StartAsync(gemma, folder, options => options.Inpaint.ShowFrame = true);
        var run = await RunAsync(server, folder, ("seed", 5));
        Assert.Contains(Line, run.Logs);
        Assert.EndsWith(" fades.", run.Prompt, StringComparison.Ordinal);

        // The command line has an option of its own, which a model that cannot see refuses before it works.
        string[] arguments = ["--seed", "5", "--frames", "9", "--yes", "--show-frame"];
        InpaintCall call = new(folder, Source(folder), Mask(folder));
        Assert.Contains(Line, (await call.With([.. arguments, "--model", gemma.Path]).RunAsync()).Succeeded().Output, StringComparison.Ordinal);
        Assert.Contains("does not expand prompts", (await new InpaintCall(folder, Source(folder), Mask(folder)).With(arguments).RunAsync()).Error, StringComparison.Ordinal);
    }

    /// <summary>What else cannot be used of an answer: UnusableAnswerTests.</summary>
    [Fact]
    public async Task What_the_operators_list_names_is_not_used_and_the_request_is_told()
    {
        using ChainGemma gemma = new(Repository.Model, ChainGemma.Fluent);
        using TestFolder folder = new();
        string list = folder.Named("list.txt");
        await File.WriteAllTextAsync(list, "soft waves\n");
        await using var server = await StartAsync(gemma, folder, options => options.Safety.PromptList = list);
        var run = await RunAsync(server, folder, ("seed", 5), ("enable_safety_checker", true));
        Assert.Equal(Prompt, run.Prompt);
        Assert.Contains("The expansion of the prompt holds what this server refuses; the prompt is used as it is.", run.Logs);
    }

    private static string Source(TestFolder folder) => File.Exists(folder.Named("source.mp4")) ? folder.Named("source.mp4") : TestMedia.Video(folder, width: 64, height: 64);

    private static string Mask(TestFolder folder) => File.Exists(folder.Named("mask.mp4")) ? folder.Named("mask.mp4") : TestMedia.Mask(folder, width: 64, height: 64);

    private static Task<TestServer> StartAsync(ChainGemma gemma, TestFolder folder, Action<LtxOptions>? configure = null) => TestServer.StartAsync(
        options =>
        {
            (options.Server.Model, options.Inpaint.WorkingShortSide, options.Inpaint.WarmUp) = (gemma.Path, 0, false);
            configure?.Invoke(options);
        },
        register: (services, options) => ServeCommand.AddEngine(services, ConfigurationSources.Build(null, [$"Fetch:AllowedFolders:0={folder.Path}"]), options));

    private static async Task<(string Prompt, byte[] Video, string[] Logs)> RunAsync(TestServer server, TestFolder folder, params (string Name, object? Value)[] changes)
    {
        Dictionary<string, object?> input = new()
        {
            ["prompt"] = Prompt,
            ["video_url"] = new Uri(Source(folder)).AbsoluteUri,
            ["mask_video_url"] = new Uri(Mask(folder)).AbsoluteUri,
            ["num_frames"] = 9,
            ["num_inference_steps"] = 8,
            ["enable_safety_checker"] = false,
            ["loras"] = Array.Empty<object>(),
        };
        foreach (var (name, value) in changes) input[name] = value;
        var submitted = await server.PostAsync(TestServer.Submit, input);
        Assert.True(submitted.Status == 200, submitted.Body);
        var id = submitted.Json.GetProperty("request_id").GetString()!;
        JsonElement ended = await server.WaitForAsync(id);
        var result = await server.ResultAsync(id);
        Assert.True(result.Status == 200, result.Body);
        return (
            result.Json.GetProperty("prompt").GetString()!,
            await server.Client.GetByteArrayAsync(new Uri(result.Json.GetProperty("video").GetProperty("url").GetString()!)),
            [.. ended.GetProperty("logs").EnumerateArray().Select(line => line.GetProperty("message").GetString()!)]);
    }
}
