using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.TextEncoder;

/// <summary>
/// A small transformer between text features and one modality of the big one. Padding becomes learned registers, so that its
/// result has no padding and needs no mask.
/// Source: ltx_core/text_encoders/gemma/embeddings_connector.py and embeddings_processor.py (400fd31).
/// </summary>
internal sealed class EmbeddingsConnector : IDisposable
{
    /// <summary>What the tensors' names of each begin with. The transformer's begin with the first half of that.</summary>
    public const string VideoPrefix = "model.diffusion_model.video_embeddings_connector.", AudioPrefix = "model.diffusion_model.audio_embeddings_connector.";

    /// <summary>Of every norm in it: the default of ltx_core/utils.py rms_norm and of Attention (400fd31), which no config key changes.</summary>
    public const double Epsilon = 1e-6;

    // Default of Embeddings1DConnector in the source, which its configurator leaves as it is, whatever the transformer's own theta.
    private const double Theta = 10_000;

    private readonly ComponentWeights weights;
    private readonly ConnectorConfig config;
    private readonly Tensor registers;
    private readonly RotaryEmbedding rope;
    private readonly List<ConnectorBlock> blocks = [];

    /// <param name="prefix">what its tensors' names begin with, the last dot included</param>
    public EmbeddingsConnector(Checkpoint checkpoint, string prefix, ConnectorConfig config, Device device, ScalarType type)
    {
        this.config = config;
        rope = new RotaryEmbedding(config.Features, config.Heads, Theta, [config.MaxPosition], config.DoublePrecision, config.Interleaved);
        weights = checkpoint.Component(prefix, device, type);
        try
        {
            registers = weights.Root.Tensor("learnable_registers", TensorRole.Embedding, config.Registers, config.Features);
            for (int i = 0; i < config.Layers; i++) blocks.Add(new ConnectorBlock(weights.Root["transformer_1d_blocks"][i], config));
            weights.Complete();
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <param name="features">[B, T, D], T a multiple of the number of registers</param>
    /// <param name="mask">[B, T] int64, 0 at padding</param>
    /// <returns>[B, T, D], tokens first, in their order</returns>
    public Tensor Forward(Tensor features, Tensor mask)
    {
        using var scope = NewDisposeScope();
        Tensor x = PackRight(features, mask);
        // [T] -> [1, 1, T]: the index itself, not the middle of a cell
        using RotaryTable table = rope.At(arange(x.shape[1], ScalarType.Float32, x.device).view(1, 1, -1), x.dtype);
        foreach (ConnectorBlock block in blocks)
        {
            Tensor next = block.Forward(x, table);
            x.Dispose();
            x = next;
        }
        return RmsNorm.Weightless(x, Epsilon).MoveToOuterDisposeScope();
    }

    public void Dispose() => weights.Dispose();

    // Tokens to the front, and after them registers: the one of each place's own index, counted round.
    private Tensor PackRight(Tensor features, Tensor mask)
    {
        using var scope = NewDisposeScope();
        long length = features.shape[1];
        if (length % config.Registers != 0) throw new WeightsException($"The checkpoint's {config.Registers} registers do not fit into a text of {length} tokens.");
        (Tensor sorted, Tensor order) = mask.sort(1, descending: true, stable: true);
        // [B, T] -> [B, T, D]
        Tensor packed = features.gather(1, order.unsqueeze(-1).expand(features.shape));
        // [R, D] -> [T, D]
        Tensor filling = registers.repeat(length / config.Registers, 1);
        return where((sorted > 0).unsqueeze(-1), packed, filling).MoveToOuterDisposeScope();
    }
}
