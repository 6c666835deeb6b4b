using Ltx.Inference.Native;
using Ltx.Inference.Transformer.Streaming;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Transformer;

/// <summary>
/// LTX-2.3's diffusion transformer: a video and an audio stream that denoise together.
/// Source: ltx_core/model/transformer/model.py (400fd31).
/// </summary>
public sealed class LtxTransformer : IDisposable
{
    /// <summary>What its tensors' names begin with. Those of the text encoder's connectors do, too.</summary>
    internal const string Prefix = "model.diffusion_model.";

    private const string BlockList = "transformer_blocks";
    private static readonly string[] OthersBelowPrefix = ["video_embeddings_connector.", "audio_embeddings_connector."];

    private readonly ComponentWeights weights;
    private readonly StreamEnds video, audio;
    private readonly TransformerBlock[] blocks;
    private readonly IDeviceLink link;
    private readonly PristineStore pristine;
    private readonly BlockStream stream;

    /// <param name="checkpoint">must stay open as long as this lives</param>
    /// <param name="device">where to compute</param>
    /// <param name="type">bfloat16 or float32</param>
    /// <param name="format">in what form the weights of linear layers are kept</param>
    /// <param name="streamedBlocks">how many blocks come from pinned host memory for every pass</param>
    /// <param name="pristine">where the weights of linear layers are read from again when LoRAs change</param>
    /// <exception cref="WeightsException">The file lacks a tensor, has one too many, or is of an architecture that is not built here.</exception>
    public LtxTransformer(Checkpoint checkpoint, Device device, ScalarType type, WeightFormat format = WeightFormat.Checkpoint, int streamedBlocks = 0, PristineSource pristine = PristineSource.File)
        : this(checkpoint, device, type, format, streamedBlocks, device.type == DeviceType.CUDA ? new CudaLink(device.index) : new HostLink(), pristine)
    {
    }

    /// <param name="link">the way that streamed blocks come, and that pinned weights are pinned; this owns it</param>
    internal LtxTransformer(Checkpoint checkpoint, Device device, ScalarType type, WeightFormat format, int streamedBlocks, IDeviceLink link, PristineSource pristine = PristineSource.File)
    {
        this.link = link;
        Config = TransformerConfig.From(checkpoint.Config);
        weights = checkpoint.Component(Prefix, device, type, name => format.Rounds() && !IsRounded(name) ? WeightFormat.Checkpoint : format);
        this.pristine = new PristineStore(link, pristine);
        weights.Pristine = this.pristine;
        stream = new BlockStream(link, device);
        try
        {
            WeightScope root = weights.Root;
            HashSet<int> streamed = [.. BlockStream.Spread(streamedBlocks, Config.Layers)];
            video = new StreamEnds(root, "", Config.Video, Config, "av_ca_video_scale_shift_adaln_single", "av_ca_a2v_gate_adaln_single");
            audio = new StreamEnds(root, "audio_", Config.Audio, Config, "av_ca_audio_scale_shift_adaln_single", "av_ca_v2a_gate_adaln_single");
            blocks = new TransformerBlock[Config.Layers];
            for (int i = 0; i < blocks.Length; i++)
            {
                blocks[i] = new TransformerBlock(root[BlockList][i], Config);
                if (!streamed.Contains(i)) continue;
                // What is streamed leaves the device before the next block comes: all of them do not fit.
                weights.Settle();
                stream.Add(i, LinearsOf(i));
            }
            stream.Order();
            weights.Complete(OthersBelowPrefix);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public TransformerConfig Config { get; }

    public Device Device => weights.Device;

    /// <summary>The type of latents and velocities.</summary>
    public ScalarType Type => weights.Type;

    /// <summary>What it computes with; its linear layers have their names in a LoRA.</summary>
    internal ComponentWeights Weights => weights;

    /// <summary>Every linear layer by its name in a LoRA.</summary>
    internal IReadOnlyDictionary<string, LinearSlot> Linears => weights.Linears;

    /// <summary>Where its own weights are read from when LoRAs change.</summary>
    internal PristineStore Pristine => pristine;

    /// <summary>Bytes of host memory that pristine weights are pinned in, of its own.</summary>
    internal long PristineBytes => pristine.Bytes;

    /// <summary>Why not all pristine weights are where they should be; null where they are.</summary>
    internal string? PristineRefusal => pristine.Refusal;

    /// <summary>Bytes of host memory that streamed blocks are pinned in.</summary>
    internal long StreamedBytes => stream.PinnedBytes;

    /// <summary>Rotary tables of video tokens; the caller disposes them.</summary>
    /// <param name="positions">[B, 3, T, 2] first and last seconds, rows and columns of pixels of every token, float32</param>
    public TokenGeometry VideoGeometry(Tensor positions) => video.Geometry(positions, Type);

    /// <summary>Rotary tables of audio tokens; the caller disposes them.</summary>
    /// <param name="positions">[B, 1, T, 2] first and last seconds of every token, float32</param>
    public TokenGeometry AudioGeometry(Tensor positions) => audio.Geometry(positions, Type);

    /// <summary>One pass.</summary>
    /// <param name="videoInput">video stream</param>
    /// <param name="audioInput">audio stream</param>
    /// <param name="perturbations">what to leave out</param>
    /// <param name="observe">sees the tokens of both streams after every block; for comparing with the reference</param>
    /// <returns>velocities [B, T, C] and [B, S, C] in the model's type</returns>
    public (Tensor Video, Tensor Audio) Forward(StreamInput videoInput, StreamInput audioInput, Perturbations perturbations, Action<int, Tensor, Tensor>? observe = null)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        PassState pass = Prepare(videoInput, audioInput);
        StreamTokens tokens = Embed(pass);
        foreach (int i in stream.Pass([.. Enumerable.Range(0, blocks.Length)]))
        {
            StreamTokens next = Block(i, tokens, pass, perturbations);
            tokens.Dispose();
            tokens = next;
            observe?.Invoke(i, tokens.Video, tokens.Audio!);
        }
        StreamTokens velocities = Output(tokens, pass).MoveToOuterDisposeScope();
        return (velocities.Video, velocities.Audio!);
    }

    /// <summary>What goes before the blocks: the noise levels' modulation of all of them.</summary>
    /// <param name="audioInput">null for the video stream by itself</param>
    internal PassState Prepare(StreamInput videoInput, StreamInput? audioInput) => new(
        video.Prepare(videoInput, audioInput?.Sigma), audioInput is null ? null : audio.Prepare(audioInput, videoInput.Sigma));

    /// <summary>The tokens that go into the first block.</summary>
    internal StreamTokens Embed(PassState pass) => new(video.Embed(pass.Video.Input), pass.Audio is { } other ? audio.Embed(other.Input) : null);

    /// <summary>One block.</summary>
    internal StreamTokens Block(int index, StreamTokens tokens, PassState pass, Perturbations perturbations)
    {
        if (pass.Audio is null) return new StreamTokens(blocks[index].Forward(tokens.Video, pass.Video), null);
        (Tensor nextVideo, Tensor nextAudio) = blocks[index].Forward(tokens.Video, tokens.Audio!, pass.Video, pass.Audio, perturbations, index);
        return new StreamTokens(nextVideo, nextAudio);
    }

    /// <summary>Velocities of the tokens that come out of the last block.</summary>
    internal StreamTokens Output(StreamTokens tokens, PassState pass) =>
        new(video.Output(tokens.Video, pass.Video), pass.Audio is { } other ? audio.Output(tokens.Audio!, other) : null);

    /// <summary>Blocks in an order of the caller's: while the loop's body computes one, its weights are on the device.</summary>
    internal IEnumerable<int> Pass(IReadOnlyList<int> order) => stream.Pass(order);

    /// <summary>How many blocks are streamed.</summary>
    internal int StreamedBlocks => stream.Indices.Count;

    /// <summary>Streams another number of blocks from now on; their weights stay what they are, LoRAs included.</summary>
    internal void Stream(int count)
    {
        HashSet<int> wanted = [.. BlockStream.Spread(count, blocks.Length)];
        foreach (int i in stream.Indices.Where(i => !wanted.Contains(i)).ToList()) stream.Remove(i);
        foreach (int i in wanted.Except(stream.Indices).Order().ToList()) stream.Add(i, LinearsOf(i));
        stream.Order();
    }

    public void Dispose()
    {
        stream.Dispose();
        weights.Dispose();
        pristine.Dispose();
        link.Dispose();
    }

    // In the order of their names: the same in every block.
    private List<LinearSlot> LinearsOf(int block)
    {
        string prefix = $"{BlockList}.{block}.";
        return [.. weights.Linears.Where(linear => linear.Key.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(linear => linear.Key, StringComparer.Ordinal).Select(linear => linear.Value)];
    }

    // What takes the time and the memory. Gates are tiny, and every head hangs on one number of theirs; both ends of the streams and the
    // modulation are small, too, and official float8 checkpoints leave them.
    private static bool IsRounded(string linear) => linear.StartsWith("transformer_blocks.", StringComparison.Ordinal) && !linear.EndsWith(".to_gate_logits", StringComparison.Ordinal);
}
