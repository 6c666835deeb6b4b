using Ltx.Inference.Latents;
using Ltx.Inference.Measuring;
using Ltx.Inference.Synthesis;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;
using Ltx.Server.Media;
using static TorchSharp.torch;

namespace Ltx.Benchmarks;

/// <summary>One block of a preset's transformer, with random weights that are made on the device. Every call waits for the device.</summary>
public abstract class BlockBenchmarks
{
    // Beside 121 frames of video.
    private const int AudioTokens = 126;

    private TransformerBlock block = null!;
    private StreamState video = null!, audio = null!;
    private Tensor vx = null!, ax = null!;

    // Weights and inputs live until the process ends, as everywhere here.
    private protected void Open(string preset, int tokens, Device device, ScalarType type)
    {
        ModelPreset form = ModelPreset.Read(Path.Combine(ModelLocator.Models, "presets", $"{preset}.json"));
        Checkpoint checkpoint = Checkpoint.Open(new ImaginedModel(form, new SynthesisOptions(Layers: 1), ModelLocator.Models).Folder);
        TransformerConfig config = TransformerConfig.From(checkpoint.Config);
        ComponentWeights weights = checkpoint.Component("model.diffusion_model.", device, type);
        WeightScope root = weights.Root;
        StreamEnds videoEnds = new(root, "", config.Video, config, "av_ca_video_scale_shift_adaln_single", "av_ca_a2v_gate_adaln_single");
        StreamEnds audioEnds = new(root, "audio_", config.Audio, config, "av_ca_audio_scale_shift_adaln_single", "av_ca_v2a_gate_adaln_single");
        block = new TransformerBlock(root["transformer_blocks"][0], config);
        weights.Settle();
        LatentShape grid = ForwardMeasure.Grid(tokens);
        (StreamInput videoInput, StreamInput audioInput) = Miniature.Inputs(
            config, grid, AudioTokens, positions => videoEnds.Geometry(positions, type), positions => audioEnds.Geometry(positions, type), device, type);
        (video, audio) = (videoEnds.Prepare(videoInput, audioInput.Sigma), audioEnds.Prepare(audioInput, videoInput.Sigma));
        (vx, ax) = (videoEnds.Embed(videoInput), audioEnds.Embed(audioInput));
    }

    private protected void Run()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        block.Forward(vx, ax, video, audio, Perturbations.None, 0);
        DeviceClock.Wait(vx.device);
    }
}
