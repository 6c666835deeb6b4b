using Ltx.Inference.Generation;
using Ltx.Inference.Native;
using Ltx.Training;
using Ltx.World.Scenes;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.World.Teaching;

/// <summary>Makes of a scene what the product shows the miniature of it, by the recipe that it was trained with (models/miniature/recipe.json).</summary>
internal sealed class SceneEncoder(InpaintModels models)
{
    // Pixels by which that recipe widens a mask at full size.
    private const int Grow = 8;

    private readonly Dictionary<string, Tensor> contexts = new(StringComparer.Ordinal);

    /// <summary>What a prompt says, [1, S, D]; belongs to this.</summary>
    public Tensor Context(string prompt)
    {
        if (contexts.TryGetValue(prompt, out Tensor? context)) return context;
        using var noGradient = no_grad();
        return contexts[prompt] = models.WithText(text => text.Encode([prompt]).Video).DetachFromDisposeScope();
    }

    /// <param name="half">whether as the first stage sees it, at half its size</param>
    /// <returns>
    /// the target's latent where something is to be made and the source's elsewhere, so that cells beside the mask know what stood there and not what
    /// is to stand there; which cells are kept; and the guide's latent
    /// </returns>
    public (Tensor Latent, Tensor Keep, Tensor Guide) Encode(Scene scene, bool half)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Tensor Clip(Func<int, byte[]> frame, int channels) =>
            ClipTensors.Bytes([.. Enumerable.Range(0, Scene.Frames).Select(frame)], Scene.Height, Scene.Width, channels, models.Device);
        Tensor Video(Tensor bytes) => half ? ClipTensors.ToHalfVideo(bytes, models.Type, Inference.Recipes.Halving.Mean) : ClipTensors.ToVideo(bytes, models.Type);

        Tensor mask = ClipTensors.Dilate(ClipTensors.White(Clip(scene.MaskFrame, 1)).to(ScalarType.Float32), Grow);
        if (half) mask = ClipTensors.ShrinkMask(mask, 2);
        Tensor source = Video(Clip(scene.Source, 3)), keep = ClipTensors.KeepCells(mask, models.VideoScale, grow: 0) > 0;
        Tensor latent = where(keep.unsqueeze(1), models.EncodeVideo(source), models.EncodeVideo(Video(Clip(scene.Target, 3))));
        Tensor guide = models.EncodeVideo(ClipTensors.Guide(source, mask));
        return (latent.MoveToOuterDisposeScope(), keep.MoveToOuterDisposeScope(), guide.MoveToOuterDisposeScope());
    }
}
