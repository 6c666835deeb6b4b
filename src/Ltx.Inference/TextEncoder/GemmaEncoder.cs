using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.TextEncoder;

/// <summary>
/// The Gemma 3 language model: ids in, the states of all its layers out. Follows Gemma3TextModel of huggingface/transformers.
/// Owns its weights; disposing it gives them back.
/// </summary>
internal sealed class GemmaEncoder : IDisposable
{
    private readonly GemmaWeights weights;
    private readonly Tensor table;
    private readonly List<GemmaLayer> layers = [];
    private readonly GemmaNorm finalNorm;
    private readonly double embeddingScale;
    private readonly Device device;
    private readonly ScalarType type;
    private Linear? head;

    /// <param name="model">names the folder with <c>config.json</c> and the weights</param>
    /// <param name="device">where to compute</param>
    /// <param name="type">what to compute in</param>
    /// <param name="streams">whether layers are read when they compute and dropped after it, for devices that cannot hold them all</param>
    /// <exception cref="WeightsException">A file is missing, or is not the model that its config describes.</exception>
    public GemmaEncoder(ModelFolder model, Device device, ScalarType type, bool streams = false)
        : this(GemmaConfig.Read(model.Files.ReadConfig(Path.Combine(model.TextEncoder, "config.json"))), () => GemmaWeights.Open(model, device, type), device, type, streams)
    {
    }

    /// <param name="open">gives its weights; this owns them</param>
    internal GemmaEncoder(GemmaConfig config, Func<GemmaWeights> open, Device device, ScalarType type, bool streams)
    {
        (Config, this.device, this.type) = (config, device, type);
        weights = open();
        try
        {
            table = weights.TableRoot["embed_tokens"].Tensor("weight", TensorRole.Embedding, Config.VocabularySize, Config.HiddenSize);
            for (int i = 0; i < Config.Layers && !streams; i++) layers.Add(new GemmaLayer(weights.Root["layers"][i], Config));
            finalNorm = new GemmaNorm(weights.Root["norm"], Config.HiddenSize, Config.Epsilon);
            weights.Complete(withoutLayers: streams);
            // Rounded to the weights' type, as the reference has it: 62 instead of 61.97 in bfloat16.
            using var scope = NewDisposeScope();
            embeddingScale = tensor((float)Math.Sqrt(Config.HiddenSize)).to(type).to(ScalarType.Float64).item<double>();
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    public GemmaConfig Config { get; }

    /// <summary>All hidden states of padded texts.</summary>
    /// <param name="ids">[B, T] int64 on the CPU</param>
    /// <param name="mask">[B, T] int64 on the CPU, 0 at padding, on either side</param>
    /// <returns>[B, T, hidden] for the embedding and every layer; the last one is after the final norm</returns>
    public IReadOnlyList<Tensor> Forward(Tensor ids, Tensor mask)
    {
        using var scope = NewDisposeScope();
        Tensor valid = mask.to(device) > 0;
        List<Tensor> states = [];
        // Positions count from the beginning of the padded row: only differences matter to the rotation.
        Tensor last = Run(Embed(ids, null), 0, VisibleKeys.Causal(valid, null), VisibleKeys.Causal(valid, Config.SlidingWindow), null, states);
        // The last layer's own output is not among the states.
        states[^1] = last;
        return [.. states.Select(state => state.MoveToOuterDisposeScope())];
    }

    /// <summary>What follows a text: logits of its next token.</summary>
    /// <param name="ids">[1, T] int64 on the CPU: the text, or what comes after that in the cache</param>
    /// <param name="cache">positions before these, which these are added to; with any before, T must be 1. Null for none</param>
    /// <param name="image">a picture that is all within these positions; null for none</param>
    /// <returns>[1, vocabulary]</returns>
    public Tensor NextLogits(Tensor ids, KeyValueCache? cache, ImageSpan? image = null)
    {
        using var scope = NewDisposeScope();
        long start = cache?.Length ?? 0, count = ids.shape[1];
        VisibleKeys? global = null, sliding = null;
        if (count > 1)
        {
            Tensor valid = ones(1, count, ScalarType.Bool, device);
            (global, sliding) = (VisibleKeys.Causal(valid, null, image), VisibleKeys.Causal(valid, Config.SlidingWindow, image));
        }
        Tensor last = Run(Embed(ids, image), start, global, sliding, cache, null).narrow(1, count - 1, 1).squeeze(1);
        if (cache is not null) cache.Length += count;
        // The embedding is the output head as well; it is read when it is first needed.
        head ??= weights.LoadHead(Config);
        return head.Forward(last).MoveToOuterDisposeScope();
    }

    public void Dispose() => weights.Dispose();

    // From embeddings [B, T, hidden] to the final norm's output; the embedding and every layer's output are kept in the list, if there is one.
    private Tensor Run(Tensor x, long start, VisibleKeys? global, VisibleKeys? sliding, KeyValueCache? cache, List<Tensor>? states)
    {
        long count = x.shape[1];
        GemmaRope globalRope = GemmaRope.At(Config.GlobalRope, Config.HeadSize, start, count, type, device);
        GemmaRope slidingRope = GemmaRope.At(Config.SlidingRope, Config.HeadSize, start, count, type, device);
        states?.Add(x);
        for (int i = 0; i < Config.Layers; i++)
        {
            bool slides = Config.IsSliding[i];
            Tensor next = Through(i, x, slides ? slidingRope : globalRope, slides ? sliding : global, cache?.Layers[i]);
            if (states is null) x.Dispose();
            else states.Add(next);
            x = next;
        }
        return finalNorm.Forward(x);
    }

    private Tensor Through(int layer, Tensor x, GemmaRope rope, VisibleKeys? visible, LayerCache? cache)
    {
        if (layers.Count > 0) return layers[layer].Forward(x, rope, visible, cache);
        GemmaLayer read = weights.LoadLayer(layer, Config, out ComponentWeights owner);
        using (owner)
        {
            return read.Forward(x, rope, visible, cache);
        }
    }

    // [B, T] -> [B, T, hidden]; the table stays on the CPU in the file's type, and only the rows that are needed are converted.
    private Tensor Embed(Tensor ids, ImageSpan? image)
    {
        using var scope = NewDisposeScope();
        Tensor rows = table.index_select(0, ids.flatten()).to(type).to(device);
        Tensor embedded = rows.view(ids.shape[0], ids.shape[1], Config.HiddenSize) * embeddingScale;
        // A picture's embeddings are not scaled: the projector makes them as large as the others are by now.
        if (image is not null) embedded.narrow(1, image.Start, image.Count).copy_(image.Embeddings);
        return embedded.MoveToOuterDisposeScope();
    }
}
