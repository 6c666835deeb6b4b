using System.CommandLine;
using Ltx.Server.Commands;
using Ltx.Server.Media;

namespace Ltx.Server.Tests.Commands;

/// <summary>A run of <c>ltx inpaint</c> that would go well, of few steps on a clip as small as it is; a test changes what it is about.</summary>
internal sealed class InpaintCall(TestFolder folder, string video, string mask, string? black = null)
{
    /// <summary>For what the test makes.</summary>
    public TestFolder Folder => folder;

    public string Video { get; set; } = video;

    public string Mask { get; set; } = mask;

    /// <summary>Where it is no matter what the model makes: takes a mask without white, and the source comes back through the same writer.</summary>
    public InpaintCall Untouched()
    {
        Mask = black ?? throw new InvalidOperationException("There is no such mask here.");
        return this;
    }

    public string Output { get; set; } = Path.Combine(folder.Folder("out"), "result.mp4");

    public string? Model { get; set; }

    /// <summary>Further options.</summary>
    public List<string> Options { get; } = [];

    /// <summary>Variables of the environment.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>A program, with its arguments, that runs the executable.</summary>
    public string[] Before { get; set; } = [];

    public string[] Arguments =>
    [
        "inpaint", "--video", Video, "--mask", Mask, "--prompt", "a red disc", "--out", Output,
        "--working-short-side", "0",
        .. Model is null ? Array.Empty<string>() : ["--model", Model], .. Options.Contains("--steps") ? Array.Empty<string>() : ["--steps", "8"], .. Options,
    ];

    public InpaintCall With(params ReadOnlySpan<string> options)
    {
        Options.AddRange(options);
        return this;
    }

    /// <summary>As a process of its own only where something is different about the process.</summary>
    public Task<LtxRun> RunAsync() => Environment.Count == 0 && Before.Length == 0 ? LtxInProcess.RunAsync(Arguments) : RunAsProcessAsync();

    /// <summary>Loads the model alone, as the commands do that compute with one: no file is looked at for it.</summary>
    public Task<LtxRun> LoadAsync()
    {
        EngineOptions engine = new();
        RootCommand command = [];
        engine.AddTo(command);
        ParseResult arguments = command.Parse(Model is null ? [] : ["--model", Model]);
        return LtxInProcess.RunAsync(() => CommandFailure.Guard(
            async () =>
            {
                using InpaintEngine loaded = await engine.OpenAsync(arguments);
                return 0;
            },
            TestContext.Current.CancellationToken));
    }

    public Task<LtxRun> RunAsProcessAsync() => LtxProcess.RunAsync(Arguments, Environment, Before);

    public LtxProcess Start() => LtxProcess.Start(Arguments, Environment, Before);
}
