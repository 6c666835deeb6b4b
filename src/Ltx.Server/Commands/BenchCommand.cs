using System.CommandLine;
using System.Globalization;
using Ltx.Inference.Measuring;
using Ltx.Inference.Native;
using Ltx.Inference.Synthesis;
using Ltx.Inference.Weights;
using Ltx.Server.Bench;
using Ltx.Server.Fal;
using Ltx.Server.Media;
using TorchSharp;

namespace Ltx.Server.Commands;

/// <summary>`ltx bench`: where the time of a request goes on this machine, and how fast its transformer is.</summary>
internal sealed class BenchCommand
{
    // What a GPU is bought for, and what a CPU can do in a minute: the demo.
    private const string GpuSize = "1920x1088x121", CpuSize = "384x256x25";

    /// <summary>The model of no files.</summary>
    internal const string Synthetic = "synthetic";

    private const string DefaultPreset = "ltx-2.3-22b";

    private readonly Option<string> size = new("--size") { Description = $"WxHxF of the request; {GpuSize} on a GPU, {CpuSize} on a CPU", DefaultValueFactory = _ => "" };
    private readonly Option<int> steps = new("--steps") { Description = "denoising steps, 1 to 30", DefaultValueFactory = _ => InpaintInput.Defaults.NumInferenceSteps };
    private readonly Option<string> tokens = new("--tokens") { Description = "a,b,c: single forwards with so many video tokens; the request is then left out, unless --size is given", DefaultValueFactory = _ => "" };
    private readonly Option<int> repeat = new("--repeat") { Description = "measured runs, after a first one that is told apart", DefaultValueFactory = _ => 3 };
    private readonly Option<string> preset = new("--preset") { Description = $"with --model {Synthetic}: name of a file under models/presets/, or a file; {DefaultPreset}", DefaultValueFactory = _ => "" };
    private readonly Option<int?> layers = new("--layers") { Description = $"with --model {Synthetic}: blocks of the transformer, where not all are wanted" };
    private readonly Option<int?> gemmaLayers = new("--gemma-layers") { Description = $"with --model {Synthetic}: layers of Gemma, and with them the width of the text projection" };
    private readonly Option<bool> profile = new("--profile") { Description = "with --tokens: where a forward's time goes, by place in the model and kind of work" };
    private readonly Option<string> recipe = new("--recipe") { Description = "of the request; the model's own", DefaultValueFactory = _ => "" };
    private readonly Option<string> weights = new("--weights")
    {
        Description = "with --card: checkpoint, or fp8-products for the blocks' weights in float8 and multiplied so", DefaultValueFactory = _ => "checkpoint",
    };
    private readonly Option<bool> predict = new("--predict") { Description = "times that the card's ceilings allow for what the model computes, beside those that are measured" };
    private readonly Option<string> card = new("--card")
    {
        Description = $"with --predict: {string.Join(", ", Ceiling.Cards)}; nothing is measured, and no card is needed. Of the published model, unless --model is given", DefaultValueFactory = _ => "",
    };
    private readonly Option<string> json = new("--json") { Description = "write all figures to this file too", DefaultValueFactory = _ => "" };
    private readonly EngineOptions engine = new();

    public static Command Create()
    {
        BenchCommand definition = new();
        Command command = new("bench", "Measures whole requests stage by stage, or single forwards, against what the device could do.")
        {
            definition.size, definition.steps, definition.tokens, definition.repeat, definition.preset, definition.layers, definition.gemmaLayers, definition.profile, definition.recipe, definition.predict, definition.card, definition.weights, definition.json,
        };
        definition.engine.AddTo(command);
        command.SetAction((arguments, cancellation) => CommandFailure.Guard(() => definition.RunAsync(arguments, cancellation), cancellation));
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellation)
    {
        string? file = arguments.GetValue(json) is { Length: > 0 } named ? OutputPath.File("--json", named) : null;
        IReadOnlyList<int> counts = Tokens(arguments.GetValue(tokens)!);
        bool looksInside = arguments.GetValue(profile);
        if (looksInside && counts.Count == 0) throw CommandFailure.Wrong("--profile looks into single forwards: say of how many tokens with --tokens.");
        string wanted = arguments.GetValue(size)!;
        (int, int, int)? clip = wanted.Length > 0 ? Size(wanted) : null;
        int times = Whole("--repeat", arguments.GetValue(repeat), 1, 1000), denoising = Whole("--steps", arguments.GetValue(steps), 1, 30);
        string predicted = arguments.GetValue(card)!;
        WeightFormat format = Weights(arguments.GetValue(weights)!);
        if (format != WeightFormat.Checkpoint && predicted.Length == 0) throw CommandFailure.Wrong("--weights is for a prediction: name a card with --card.");
        if (predicted.Length > 0 && !arguments.GetValue(predict)) throw CommandFailure.Wrong("--card names what --predict is for.");
        string model = predicted.Length > 0 && !engine.NamesModel(arguments) ? Synthetic : engine.Model(arguments);
        BenchModel subject = Subject(model, arguments.GetValue(preset)!, new SynthesisOptions(arguments.GetValue(layers), arguments.GetValue(gemmaLayers)));
        BenchOptions options = new(clip, denoising, counts, times, looksInside, arguments.GetValue(recipe) is { Length: > 0 } other ? other : null, arguments.GetValue(predict));
        if (predicted.Length > 0)
        {
            Ceiling ceiling = Ceiling.OfCard(predicted) ?? throw CommandFailure.Wrong($"--card is \"{predicted}\", and there are {string.Join(", ", Ceiling.Cards)}.");
            PredictionReport prediction = CardPredictor.Predict(subject, predicted, ceiling, format, counts.Count == 0 ? options with { Size = clip ?? Size(GpuSize) } : options);
            Console.Write(prediction.Render());
            if (file is not null) await File.WriteAllTextAsync(file, prediction.ToJson() + "\n", cancellation);
            return 0;
        }
        (torch.Device device, torch.ScalarType type) = engine.Compute(arguments);
        if (options.Predict && device.type != DeviceType.CUDA) throw CommandFailure.Wrong("--predict is for cards, and none is computed with here: name one with --card.");
        if (clip is null && counts.Count == 0) clip = Size(device.type == DeviceType.CUDA ? GpuSize : CpuSize);
        CheckMemory(subject, device, type, transformerAlone: clip is null);
        BenchReport report = await new Benchmark(subject, device, type, options with { Size = clip }).RunAsync(Console.Error.WriteLine, cancellation);
        Console.Write(BenchText.Render(report));
        if (file is not null) await File.WriteAllTextAsync(file, report.ToJson() + "\n", cancellation);
        return 0;
    }

    private static WeightFormat Weights(string name) => name switch
    {
        "checkpoint" => WeightFormat.Checkpoint,
        "fp8-products" => WeightFormat.Float8Products,
        _ => throw CommandFailure.Wrong($"--weights is \"{name}\", and there are checkpoint and fp8-products."),
    };

    private static BenchModel Subject(string name, string preset, SynthesisOptions options)
    {
        if (name == Synthetic) return BenchModel.Synthetic(ModelsSynthCommand.Read(preset.Length == 0 ? DefaultPreset : preset), options);
        if (preset.Length > 0 || options != new SynthesisOptions()) throw CommandFailure.Wrong($"--preset, --layers and --gemma-layers go with --model {Synthetic}; a folder's model is what it is.");
        return new BenchModel(name, ModelLocator.Open(name), []);
    }

    // A system that runs out of memory ends processes without a word, and not always the one that asked for it. A card says so itself, and a
    // request on it is planned for what it has.
    private static void CheckMemory(BenchModel model, torch.Device device, torch.ScalarType type, bool transformerAlone)
    {
        if (model.Imagined is not { } imagined || device.type != DeviceType.CPU) return;
        const double Giga = 1e9;
        long needed = imagined.Bytes(type, transformerAlone), available = HostMemory.Available;
        if (needed < available) return;
        throw CommandFailure.Wrong(string.Create(
            CultureInfo.InvariantCulture,
            $"The weights take {needed / Giga:0.0} GB in {type}, and {available / Giga:0.0} GB of this machine's memory are free. Make less of the model with --layers and --gemma-layers, or another one with --preset."));
    }

    /// <summary>Numbers of tokens, separated by commas.</summary>
    internal static IReadOnlyList<int> Tokens(string text) =>
        [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(item => Number(item) ?? throw CommandFailure.Wrong($"--tokens: \"{item}\" is not a number of tokens."))];

    /// <summary>Width, height and frames, with an x between.</summary>
    internal static (int Width, int Height, int Frames) Size(string text)
    {
        int?[] numbers = [.. text.Split('x').Select(Number)];
        if (numbers is not [{ } width, { } height, { } frames]) throw CommandFailure.Wrong($"--size: \"{text}\" is not WIDTHxHEIGHTxFRAMES.");
        return width % 2 == 0 && height % 2 == 0 ? (width, height, frames) : throw CommandFailure.Wrong($"--size: the clip is {width}x{height}; both sides must be even.");
    }

    // Larger than zero, and small enough for what is computed from it.
    private static int? Number(string text)
    {
        const int Most = 1 << 20;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is > 0 and <= Most ? number : null;
    }

    private static int Whole(string option, int value, int least, int most) => value >= least && value <= most ? value : throw CommandFailure.Wrong($"{option} is {value}, and must be between {least} and {most}.");
}
