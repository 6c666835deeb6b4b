using System.Globalization;
using Ltx.Inference.Latents;
using Ltx.Inference.Measuring;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Parity.Cards;

/// <summary>One transformer, with all blocks resident, with half of them streamed and with all: velocities bit for bit, and times in turns.</summary>
internal static class StreamCheck
{
    private const int Rounds = 3;
    private const double Tolerance = 0.10;

    public static bool Run(DeviceCheck check)
    {
        bool good = true;
        using var noGradient = no_grad();
        using Checkpoint checkpoint = Checkpoint.Open(check.Model.Checkpoint);
        using LtxTransformer transformer = new(checkpoint, check.Device, check.Type);
        int layers = transformer.Config.Layers;
        Console.WriteLine($"{"tokens",8} {"streamed",8} {"s",9} {"ratio",7} {"numbers",12}");
        foreach (int tokens in check.Numbers)
        {
            using var scope = NewDisposeScope();
            (StreamInput video, StreamInput audio) = Inputs(transformer, tokens);
            Dictionary<int, List<double>> times = [];
            Dictionary<int, bool> same = [];
            transformer.Stream(0);
            (Tensor Video, Tensor Audio) expected = transformer.Forward(video, audio, Perturbations.None);
            int[] counts = [0, layers / 2, layers];
            for (int round = 0; round < Rounds; round++)
            {
                foreach (int streamed in counts)
                {
                    transformer.Stream(streamed);
                    using var passes = NewDisposeScope();
                    // The first pass after a change fetches what the others find fetched.
                    transformer.Forward(video, audio, Perturbations.None);
                    DeviceClock.Wait(check.Device);
                    long start = System.Diagnostics.Stopwatch.GetTimestamp();
                    (Tensor Video, Tensor Audio) given = transformer.Forward(video, audio, Perturbations.None);
                    DeviceClock.Wait(check.Device);
                    if (!times.TryGetValue(streamed, out List<double>? list)) times.Add(streamed, list = []);
                    list.Add(System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds);
                    bool equal = given.Video.equal(expected.Video).all().item<bool>() && given.Audio.equal(expected.Audio).all().item<bool>();
                    same[streamed] = same.GetValueOrDefault(streamed, true) && equal;
                }
            }
            double resident = Median(times[0]);
            foreach (int streamed in counts)
            {
                double ratio = Median(times[streamed]) / resident;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{tokens,8} {streamed,8} {Median(times[streamed]),9:0.0000} {ratio,7:0.00} {(same[streamed] ? "the same" : "DIFFERENT"),12}{(ratio <= 1 + Tolerance ? "" : "  more than 10 % longer")}"));
                good &= same[streamed];
            }
        }
        return good;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static (StreamInput Video, StreamInput Audio) Inputs(LtxTransformer transformer, int tokens)
    {
        const double Sigma = 0.7, FramesPerSecond = 24;
        TransformerConfig config = transformer.Config;
        Device device = transformer.Device;
        VideoScale scale = new(8, 32, 32);
        LatentShape grid = ForwardMeasure.Grid(tokens);
        AudioScale audioScale = new(16000, 160, 4);
        int heard = audioScale.LatentFrames(scale.Frames(grid.Frames), FramesPerSecond);
        Tensor Random(params long[] shape) => randn(shape, transformer.Type, device);
        return (
            new StreamInput(
                Random(1, tokens, config.Video.InChannels), Sigma, new TokenLevels([0, Sigma], arange(tokens, ScalarType.Int64, device) % 2),
                transformer.VideoGeometry(TokenPositions.Video(grid, scale, FramesPerSecond, device)), Random(1, GemmaTokenizer.PromptLength, config.Video.ContextFeatures)),
            new StreamInput(
                Random(1, heard, config.Audio.InChannels), Sigma, TokenLevels.Uniform(Sigma),
                transformer.AudioGeometry(TokenPositions.Audio(heard, audioScale, device)), Random(1, GemmaTokenizer.PromptLength, config.Audio.ContextFeatures)));
    }
}
