using Ltx.Inference.Generation;
using Ltx.Inference.Recipes;
using Ltx.World.Scenes;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.World.Teaching;

/// <summary>Makes of a scene what the product shows the miniature of it, by the recipe that it was trained with (models/miniature/recipe.json).</summary>
internal sealed class SceneEncoder(InpaintModels models)
{
    private readonly Dictionary<string, Tensor> contexts = new(StringComparer.Ordinal);

    /// <summary>What a prompt says, [1, S, D]; belongs to this.</summary>
    public Tensor Context(string prompt)
    {
        if (contexts.TryGetValue(prompt, out Tensor? context)) return context;
        using var noGradient = no_grad();
        return contexts[prompt] = models.WithText(text => text.Encode([prompt]).Video).DetachFromDisposeScope();
    }

    /// <param name="half">whether as the first stage sees it, at half its size</param>
    /// <returns>[1, C, f, h, w] the latent of a clip</returns>
    public Tensor Clip(Func<int, byte[]> frame, bool half)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        return models.EncodeVideo(Video(frame, half)).MoveToOuterDisposeScope();
    }

    /// <returns>which cells are kept, [1, f, h, w] bool, and the latent of the guide</returns>
    public (Tensor Keep, Tensor Guide) Mask(Scene scene, bool half)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Tensor mask = ClipTensors.White(Bytes(scene.GrownMask, 1)).to(ScalarType.Float32);
        if (half) mask = ClipTensors.ShrinkMask(mask, 2);
        Tensor keep = ClipTensors.KeepCells(mask, models.VideoScale, grow: 0) > 0, guide = models.EncodeVideo(ClipTensors.Guide(Video(scene.Empty, half), mask));
        return (keep.MoveToOuterDisposeScope(), guide.MoveToOuterDisposeScope());
    }

    private Tensor Video(Func<int, byte[]> frame, bool half) =>
        half ? ClipTensors.ToHalfVideo(Bytes(frame, 3), models.Type, Halving.Mean) : ClipTensors.ToVideo(Bytes(frame, 3), models.Type);

    private Tensor Bytes(Func<int, byte[]> frame, int channels) =>
        ClipTensors.Bytes([.. Enumerable.Range(0, Scene.Frames).Select(frame)], Scene.Height, Scene.Width, channels, models.Device);
}
