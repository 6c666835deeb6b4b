using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.TextEncoder.Vision;

/// <summary>What a Gemma 3 sees with: a picture in, its tokens' embeddings out. Owns its weights; disposing it gives them back.</summary>
internal sealed class ImageEncoder : IDisposable
{
    // Where tower and projector lie: in the hub's files, in those that transformers 5 writes, and in single files.
    internal static readonly string[] TowerPrefixes = ["vision_tower.vision_model.", "model.vision_tower.vision_model.", "model.vision_tower.", "vision_model."];
    internal static readonly string[] ProjectorPrefixes = ["multi_modal_projector.", "model.multi_modal_projector."];

    private readonly TensorArchive archive;
    private readonly List<ComponentWeights> components = [];
    private readonly ImagePreprocessor preprocessor;
    private readonly VisionTower tower;
    private readonly VisionProjector projector;
    private readonly Device device;
    private readonly ScalarType type;

    /// <param name="model">names the folder with <c>config.json</c>, <c>preprocessor_config.json</c> and the weights</param>
    /// <param name="device">where to compute</param>
    /// <param name="type">what to compute in</param>
    /// <exception cref="WeightsException">The model cannot see, or a file is not what its config describes.</exception>
    public ImageEncoder(ModelFolder model, Device device, ScalarType type)
    {
        (this.device, this.type) = (device, type);
        Config = ReadConfig(model);
        preprocessor = ImagePreprocessor.Read(model.TextEncoder, Config);
        archive = model.Files.OpenFolder(model.TextEncoder);
        try
        {
            tower = new VisionTower(Component(TowerPrefixes, "post_layernorm.weight").Root, Config);
            projector = new VisionProjector(Component(ProjectorPrefixes, "mm_soft_emb_norm.weight").Root, Config);
            foreach (ComponentWeights component in components) component.Complete();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public VisionConfig Config { get; }

    /// <returns>[1, tokens, hidden size of the language model]</returns>
    /// <exception cref="InferenceException">The picture's bytes are not of its size.</exception>
    public Tensor Encode(Picture picture)
    {
        using var scope = NewDisposeScope();
        Tensor pixels = preprocessor.Prepare(picture).to(type).to(device);
        return projector.Forward(tower.Forward(pixels)).MoveToOuterDisposeScope();
    }

    /// <summary>Whether a model can be shown pictures, from its configs and headers alone.</summary>
    /// <param name="model">the model</param>
    /// <param name="archive">its text encoder's weights</param>
    /// <returns>its config, and what the names of its tensors begin with</returns>
    /// <exception cref="WeightsException">It cannot; the sentence says what is missing.</exception>
    public static (VisionConfig Config, IReadOnlyList<string> Prefixes) Check(ModelFolder model, TensorArchive archive)
    {
        if (!model.PromptExpansion) throw new WeightsException($"{model.Path} does not expand prompts, as its {ModelFolder.FileName} says, so there is nothing for which its text model could be shown a frame.");
        VisionConfig config = ReadConfig(model);
        ImagePreprocessor.Read(model.TextEncoder, config);
        return (config, [Find(archive, TowerPrefixes, "post_layernorm.weight"), Find(archive, ProjectorPrefixes, "mm_soft_emb_norm.weight")]);
    }

    public void Dispose()
    {
        foreach (ComponentWeights component in components) component.Dispose();
        archive.Dispose();
    }

    private static VisionConfig ReadConfig(ModelFolder model) => VisionConfig.Read(model.Files.ReadConfig(Path.Combine(model.TextEncoder, "config.json")));

    private ComponentWeights Component(string[] prefixes, string name)
    {
        ComponentWeights component = new(archive, Find(archive, prefixes, name), device, type);
        components.Add(component);
        return component;
    }

    private static string Find(TensorArchive archive, string[] prefixes, string name) => Array.Find(prefixes, prefix => archive.Contains(prefix + name))
        ?? throw new WeightsException($"{archive.Name} has no tensor \"{prefixes[0]}{name}\", so the text model cannot be shown pictures.");
}
