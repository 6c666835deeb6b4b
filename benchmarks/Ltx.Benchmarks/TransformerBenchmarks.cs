using BenchmarkDotNet.Attributes;
using Ltx.Inference.Latents;
using Ltx.Inference.Layers;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Benchmarks;

/// <summary>The miniature's transformer at the tokens of the demo's second stage.</summary>
public class TransformerBenchmarks
{
    private static readonly LatentShape Grid = new(4, 8, 12);

    private Checkpoint checkpoint = null!;
    private ComponentWeights layerWeights = null!;
    private LtxTransformer transformer = null!;
    private StreamInput video = null!, audio = null!;
    private AdaLayerNormSingle adaLn = null!;
    private Attention attention = null!;
    private TransformerBlock block = null!;
    private StreamState videoState = null!, audioState = null!;
    private RotaryEmbedding rope = null!;
    private Tensor levels = null!, hidden = null!, audioHidden = null!, positions = null!;
    private TokenGroups groups = null!;

    [GlobalSetup]
    public void Setup()
    {
        checkpoint = Miniature.OpenCheckpoint();
        transformer = new LtxTransformer(checkpoint, CPU, ScalarType.Float32);
        (video, audio) = Miniature.Inputs(transformer, Grid);
        // The same weights once more, as single layers.
        TransformerConfig config = transformer.Config;
        StreamConfig stream = config.Video;
        layerWeights = checkpoint.Component("model.diffusion_model.", CPU, ScalarType.Float32);
        WeightScope root = layerWeights.Root;
        const int AdaLnRows = 9;
        StreamEnds videoEnds = new(root, "", stream, config, "av_ca_video_scale_shift_adaln_single", "av_ca_a2v_gate_adaln_single");
        StreamEnds audioEnds = new(root, "audio_", config.Audio, config, "av_ca_audio_scale_shift_adaln_single", "av_ca_v2a_gate_adaln_single");
        block = new TransformerBlock(root["transformer_blocks"][0], config);
        (videoState, audioState) = (videoEnds.Prepare(video, audio.Sigma), audioEnds.Prepare(audio, video.Sigma));
        adaLn = new AdaLayerNormSingle(Own().Root["adaln_single"], stream.Features, AdaLnRows);
        attention = new Attention(Own().Root["transformer_blocks.0.attn1"], stream.Features, stream.Features, stream.Heads, stream.HeadFeatures, config.GatedAttention, config.NormEpsilon);
        rope = new RotaryEmbedding(stream.Features, stream.Heads, config.RopeTheta, stream.MaxPositions, config.DoublePrecisionRope);
        levels = tensor([0f, 700f]).DetachFromDisposeScope();
        hidden = Miniature.Random(1, Grid.Tokens, stream.Features);
        audioHidden = Miniature.Random(1, audio.Latent.shape[1], config.Audio.Features);
        long half = Grid.Tokens / 2;
        groups = new TokenGroups([half, Grid.Tokens - half], new[,] { { 1, 0.3 }, { 0.3, 1 } });
        using Tensor ranges = TokenPositions.Video(Grid, new VideoScale(8, 32, 32), 24, CPU);
        positions = ranges.mean([-1]).DetachFromDisposeScope();
    }

    [Benchmark(Description = "rotary tables")]
    public void RotaryTables() => rope.At(positions, ScalarType.Float32).Dispose();

    [Benchmark(Description = "AdaLN of two noise levels")]
    public void AdaLn()
    {
        using var scope = NewDisposeScope();
        adaLn.Forward(levels);
    }

    [Benchmark(Description = "attention")]
    public void SelfAttention() => attention.Forward(hidden, hidden, video.Geometry.Self, video.Geometry.Self).Dispose();

    [Benchmark(Description = "attention among two groups")]
    public void AttentionAmongGroups() => attention.Forward(hidden, hidden, video.Geometry.Self, video.Geometry.Self, groups).Dispose();

    [Benchmark(Description = "one block")]
    public void Block()
    {
        using var scope = NewDisposeScope();
        block.Forward(hidden, audioHidden, videoState, audioState, Perturbations.None, 0);
    }

    [Benchmark(Description = "a whole forward")]
    public void Forward()
    {
        using var scope = NewDisposeScope();
        transformer.Forward(video, audio, Perturbations.None);
    }

    // Weights live until the process ends: the benchmarks run in one of their own.
    private ComponentWeights Own() => checkpoint.Component("model.diffusion_model.", CPU, ScalarType.Float32);
}
