using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.TextEncoder.Vision;

/// <summary>SigLIP's vision transformer: pixels in, one state a patch out (SiglipVisionTransformer of huggingface/transformers, without its head).</summary>
internal sealed class VisionTower
{
    private readonly VisionConfig config;
    private readonly Tensor patches, patchBias, places;
    private readonly List<SiglipLayer> layers = [];
    private readonly AffineNorm afterLayers;

    public VisionTower(WeightScope scope, VisionConfig config)
    {
        this.config = config;
        WeightScope embeddings = scope["embeddings"];
        patches = embeddings["patch_embedding"].Tensor("weight", TensorRole.Weight, config.HiddenSize, 3, config.PatchSize, config.PatchSize);
        patchBias = embeddings["patch_embedding"].Tensor("bias", TensorRole.Bias, config.HiddenSize);
        places = embeddings["position_embedding"].Tensor("weight", TensorRole.Embedding, config.PatchesPerSide * config.PatchesPerSide, config.HiddenSize);
        for (int i = 0; i < config.Layers; i++) layers.Add(new SiglipLayer(scope["encoder"]["layers"][i], config));
        afterLayers = new AffineNorm(scope["post_layernorm"], config.HiddenSize, config.Epsilon);
    }

    /// <param name="pixels">[B, 3, S, S], as <see cref="ImagePreprocessor"/> makes them</param>
    /// <returns>[B, P, D], patches row by row</returns>
    public Tensor Forward(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        // [B, D, S/p, S/p] -> [B, P, D]
        Tensor x = nn.functional.conv2d(pixels, patches, patchBias, [config.PatchSize, config.PatchSize]).flatten(2).transpose(1, 2) + places;
        foreach (SiglipLayer layer in layers)
        {
            Tensor next = layer.Forward(x);
            x.Dispose();
            x = next;
        }
        return afterLayers.Forward(x).MoveToOuterDisposeScope();
    }
}
