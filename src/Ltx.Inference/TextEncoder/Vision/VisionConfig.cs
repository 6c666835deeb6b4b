using Ltx.Inference.Weights;

namespace Ltx.Inference.TextEncoder.Vision;

/// <summary>Sizes of what a Gemma 3 sees with, from its <c>config.json</c>: the SigLIP tower and the projector behind it.</summary>
internal sealed record VisionConfig
{
    public required int HiddenSize { get; init; }

    public required int IntermediateSize { get; init; }

    public required int Heads { get; init; }

    public required int Layers { get; init; }

    /// <summary>Pixels a side.</summary>
    public required int PatchSize { get; init; }

    /// <summary>Pixels a side of the square that every picture becomes.</summary>
    public required int ImageSize { get; init; }

    /// <summary>Of all norms.</summary>
    public required double Epsilon { get; init; }

    /// <summary>Tokens that a picture becomes: the square of a whole number.</summary>
    public required int Tokens { get; init; }

    /// <summary>The language model's features.</summary>
    public required int TextSize { get; init; }

    /// <summary>The id that stands for a picture's tokens in a text.</summary>
    public required int ImageToken { get; init; }

    public int PatchesPerSide => ImageSize / PatchSize;

    public int TokensPerSide => (int)Math.Round(Math.Sqrt(Tokens));

    /// <param name="root">a whole <c>config.json</c></param>
    /// <exception cref="WeightsException">It describes no vision tower, or one that is not built here.</exception>
    public static VisionConfig Read(ConfigSection root)
    {
        if (!root.Has("vision_config")) throw root.Fault("it describes no vision tower (vision_config), so the text model cannot be shown pictures");
        ConfigSection vision = root.Section("vision_config");
        vision.Expect("model_type", "siglip_vision_model");
        vision.Expect("hidden_act", "gelu_pytorch_tanh", whenAbsent: "gelu_pytorch_tanh");
        vision.Expect("num_channels", 3, whenAbsent: 3);
        vision.Expect("vision_use_head", false, whenAbsent: true);
        // Fallbacks are the defaults of SiglipVisionConfig and Gemma3Config of huggingface/transformers.
        VisionConfig config = new()
        {
            HiddenSize = vision.Int("hidden_size", 768),
            IntermediateSize = vision.Int("intermediate_size", 3072),
            Heads = vision.Int("num_attention_heads", 12),
            Layers = vision.Int("num_hidden_layers", 12),
            PatchSize = vision.Int("patch_size", 16),
            ImageSize = vision.Int("image_size", 224),
            Epsilon = vision.Double("layer_norm_eps", 1e-6),
            Tokens = root.Int("mm_tokens_per_image", 256),
            TextSize = root.Section("text_config").Int("hidden_size"),
            ImageToken = root.Int(root.Has("image_token_id") ? "image_token_id" : "image_token_index", 262_144),
        };
        foreach (int size in (ReadOnlySpan<int>)[config.HiddenSize, config.IntermediateSize, config.Heads, config.Layers, config.PatchSize, config.ImageSize, config.Tokens, config.TextSize])
        {
            if (size < 1) throw vision.Fault("it has a size below 1");
        }
        if (config.HiddenSize % config.Heads != 0) throw vision.Fault($"{config.Heads} heads do not divide {config.HiddenSize} features");
        if (config.ImageSize % config.PatchSize != 0) throw vision.Fault($"patches of {config.PatchSize} pixels do not divide pictures of {config.ImageSize}");
        if (config.TokensPerSide * config.TokensPerSide != config.Tokens || config.PatchesPerSide % config.TokensPerSide != 0)
        {
            throw root.Fault($"{config.Tokens} tokens a picture are no square that divides {config.PatchesPerSide}x{config.PatchesPerSide} patches");
        }
        return config;
    }
}
