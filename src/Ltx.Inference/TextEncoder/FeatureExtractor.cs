using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.TextEncoder;

/// <summary>
/// Turns Gemma's hidden states into one feature vector a token and modality ("V2").
/// Source: ltx_core/text_encoders/gemma/feature_extractor.py (400fd31).
/// </summary>
internal sealed class FeatureExtractor : IDisposable
{
    // Of norm_and_concat_per_token_rms in the source.
    private const double Epsilon = 1e-6;

    private readonly ComponentWeights weights;
    private readonly int hiddenSize;
    private readonly Linear video, audio;

    /// <param name="checkpoint">the monolith</param>
    /// <param name="hiddenSize">Gemma's</param>
    /// <param name="states">Gemma's layers and one</param>
    public FeatureExtractor(Checkpoint checkpoint, int hiddenSize, int states, Device device, ScalarType type)
    {
        ConfigSection transformer = checkpoint.Config.Section("transformer");
        // This combination, and no other, is what the reference takes for V2.
        transformer.Expect("caption_proj_before_connector", true);
        transformer.Expect("caption_projection_first_linear", false);
        transformer.Expect("caption_proj_input_norm", false);
        transformer.Expect("caption_projection_second_linear", false);
        this.hiddenSize = hiddenSize;
        weights = checkpoint.Component("text_embedding_projection.", device, type);
        try
        {
            video = new Linear(weights.Root["video_aggregate_embed"], hiddenSize * states, transformer.Int("num_attention_heads") * transformer.Int("attention_head_dim"));
            audio = new Linear(weights.Root["audio_aggregate_embed"], hiddenSize * states, transformer.Int("audio_num_attention_heads") * transformer.Int("audio_attention_head_dim"));
            weights.Complete();
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <param name="states">[B, T, hidden] for the embedding and every layer</param>
    /// <param name="mask">[B, T] int64, 0 at padding</param>
    /// <returns>video [B, T, Dv] and audio [B, T, Da]</returns>
    public (Tensor Video, Tensor Audio) Forward(IReadOnlyList<Tensor> states, Tensor mask)
    {
        using var scope = NewDisposeScope();
        Tensor normed = Normalize(states, mask);
        return (Project(video, normed).MoveToOuterDisposeScope(), Project(audio, normed).MoveToOuterDisposeScope());
    }

    public void Dispose() => weights.Dispose();

    // Every token of every layer by its own root mean square; padding is 0. In the states' own type, as the reference does it.
    private static Tensor Normalize(IReadOnlyList<Tensor> states, Tensor mask)
    {
        using var scope = NewDisposeScope();
        // L x [B, T, D] -> [B, T, D, L]
        Tensor stacked = stack(states, -1);
        Tensor variance = stacked.square().mean([2], keepdim: true);
        // [B, T, D, L] -> [B, T, D*L]: hidden features outside, layers inside
        Tensor normed = (stacked * (variance + Epsilon).rsqrt()).flatten(2);
        // [B, T] -> [B, T, 1]
        return normed.masked_fill_((mask == 0).unsqueeze(-1), 0).MoveToOuterDisposeScope();
    }

    private Tensor Project(Linear projection, Tensor normed)
    {
        using Tensor scaled = normed * Math.Sqrt((double)projection.OutFeatures / hiddenSize);
        return projection.Forward(scaled);
    }
}
