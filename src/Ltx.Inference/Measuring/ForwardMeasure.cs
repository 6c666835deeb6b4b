using System.Diagnostics;
using Ltx.Inference.Costs;
using Ltx.Inference.Latents;
using Ltx.Inference.Layers;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.Transformer;
using Ltx.Inference.VideoVae;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Measuring;

/// <summary>Times single forwards of a transformer at any number of video tokens, with inputs of random numbers.</summary>
public sealed class ForwardMeasure : IDisposable
{
    private const double FramesPerSecond = 24;

    private readonly Checkpoint checkpoint;
    private readonly LtxTransformer transformer;
    private readonly VideoScale scale;

    /// <param name="model">the one whose transformer it is</param>
    /// <param name="device">where to compute</param>
    /// <param name="type">bfloat16 or float32</param>
    /// <exception cref="WeightsException">The checkpoint is damaged, or of another architecture.</exception>
    public ForwardMeasure(ModelFolder model, Device device, ScalarType type)
    {
        checkpoint = Checkpoint.Open(model);
        try
        {
            scale = VideoVaeConfig.Read(checkpoint.Config).Scale;
            AudioScale = AudioVae.AudioVaeConfig.Read(checkpoint.Config).Scale;
            transformer = new LtxTransformer(checkpoint, device, type);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    private AudioScale AudioScale { get; }

    /// <summary>A clip that has so many tokens: of 121 frames where the number allows it, and about as wide as high.</summary>
    public static LatentShape Grid(int tokens)
    {
        const int Frames = 16;
        int frames = Enumerable.Range(1, Math.Min(Frames, tokens)).Last(count => tokens % count == 0), area = tokens / frames;
        int height = Enumerable.Range(1, (int)Math.Sqrt(area)).Last(side => area % side == 0);
        return new LatentShape(frames, height, area / height);
    }

    /// <summary>Tokens of the audio stream beside so many of video.</summary>
    public int AudioTokens(int tokens) => AudioTokens(AudioScale, scale, tokens);

    /// <summary>The same by a model's scales.</summary>
    public static int AudioTokens(AudioScale sound, VideoScale video, int tokens) => sound.LatentFrames(video.Frames(Grid(tokens).Frames), FramesPerSecond);

    /// <summary>What one forward is.</summary>
    public Operations Work(int tokens) => new TransformerCosts(transformer.Config, new TransformerPass(tokens, AudioTokens(tokens), GemmaTokenizer.PromptLength), CostBasis.Any).Operations;

    /// <summary>Runs forwards and waits for each.</summary>
    /// <param name="tokens">of the video stream</param>
    /// <param name="repeat">how often it is measured, after one time that is not</param>
    /// <param name="cancellation">looked at between them</param>
    /// <exception cref="InferenceException">The velocities are not finite: the times would say nothing.</exception>
    public IReadOnlyList<TimeSpan> Run(int tokens, int repeat, CancellationToken cancellation) => Repeat(tokens, repeat, forward =>
    {
        long start = Stopwatch.GetTimestamp();
        forward();
        DeviceClock.Wait(transformer.Device);
        return Stopwatch.GetElapsedTime(start);
    }, cancellation);

    /// <summary>Where a forward's time goes, part by part. The marks between the parts take time, too: compare its whole with what <see cref="Run"/> gives.</summary>
    /// <param name="tokens">of the video stream</param>
    /// <param name="repeat">how many are looked at, after one that is not</param>
    /// <param name="cancellation">looked at between them</param>
    /// <returns>the one whose whole is the middle one</returns>
    /// <exception cref="InferenceException">The same.</exception>
    public PartProfile Profile(int tokens, int repeat, CancellationToken cancellation)
    {
        IReadOnlyList<PartProfile> profiles = Repeat(tokens, repeat, forward =>
        {
            using PartClock clock = new(transformer.Device);
            forward();
            return clock.Stop();
        }, cancellation);
        return profiles.OrderBy(profile => profile.Whole).ElementAt((profiles.Count - 1) / 2);
    }

    // The first, in which libraries choose and memory is taken, only has to be right.
    private List<T> Repeat<T>(int tokens, int repeat, Func<Action, T> measure, CancellationToken cancellation)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Device device = transformer.Device;
        Tensor positions = TokenPositions.Video(Grid(tokens), scale, FramesPerSecond, device), audioPositions = TokenPositions.Audio(AudioTokens(tokens), AudioScale, device);
        using SamplePass pass = SamplePass.Of(transformer, positions, audioPositions);
        List<T> results = [];
        for (int i = 0; i <= repeat; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var passScope = NewDisposeScope();
            DeviceClock.Wait(device);
            if (i > 0)
            {
                results.Add(measure(() => pass.Forward(transformer)));
                continue;
            }
            (Tensor videoVelocity, Tensor audioVelocity) = pass.Forward(transformer);
            if (!videoVelocity.isfinite().all().item<bool>() || !audioVelocity.isfinite().all().item<bool>()) throw new InferenceException(Fault.Internal, "The forward gave numbers that are not finite, so its time would say nothing.");
        }
        return results;
    }

    public void Dispose()
    {
        transformer.Dispose();
        checkpoint.Dispose();
    }
}
