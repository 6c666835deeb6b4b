using Ltx.Inference.Generation;
using Ltx.Inference.Latents;
using Ltx.Inference.Recipes;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Generation;

/// <summary>
/// What the model is told about the pixels that it is to replace. Two clips differ only where a subject stands, and the mask is drawn tight around it:
/// whatever differs in what the model is given clean was encoded from under the mask.
/// </summary>
[Collection(MiniaturePipelineTests.Name)]
public sealed class LeakTests : IDisposable
{
    private const int Frames = 9, Height = 256, Width = 384;

    private readonly DisposeScope scope = NewDisposeScope();
    private readonly InpaintModels models = new(ModelFolder.Open(Repository.Miniature), CPU, ScalarType.Float32);
    private readonly LoraSet loras;
    private readonly Tensor without, with, mask;
    private readonly ITestOutputHelper output;

    public LeakTests(ITestOutputHelper output)
    {
        this.output = output;
        loras = LoraSet.Open([], models);
        without = ClipTensors.Bytes(MiniatureClip.Scene(Frames, Height, Width), Height, Width, 3, CPU);
        with = without.clone();
        for (int frame = 0; frame < Frames; frame++) with[frame, .., 90..170, (150 + frame)..(230 + frame)] = tensor(new byte[] { 240, 240, 240 }).view(3, 1, 1);
        mask = (with != without).any(1).unsqueeze(1).to(ScalarType.Float32);
    }

    public void Dispose()
    {
        loras.Dispose();
        models.Dispose();
        scope.Dispose();
    }

    [Fact]
    public void Clean_latents_beside_the_mask_know_what_is_under_it_unless_the_region_is_grown_by_a_cell()
    {
        using var noGradient = no_grad();
        (double first, double second) old = Leak(RecipeBook.Open("until-now"));
        Assert.True(old.first > 0.1 && old.second > 0.1, $"{old}");
        foreach (Recipe recipe in (Recipe[])[RecipeBook.Open("trained-mask"), RecipeBook.Open("trained-mask").For(3), RecipeBook.Open("default").WithCleanLatents(keepGuide: true)])
        {
            (double first, double second) = Leak(recipe);
            output.WriteLine($"{recipe.Name}: {first:0.0000} in stage 1, {second:0.0000} in stage 2; until now {old}");
            Assert.InRange(first, 0, 0.03);
            Assert.InRange(second, 0, 0.01);
        }
    }

    [Fact]
    public void The_default_gives_the_model_nothing_that_was_encoded_from_under_the_mask()
    {
        using var noGradient = no_grad();
        Recipe recipe = RecipeBook.Open("default");
        (EncodedClip a, EncodedClip b) = (Encode(with, recipe), Encode(without, recipe));
        Assert.Equal((null, null, null), (a.Stage1.Clean, a.Stage2.Clean, a.Stage2.Reference));
        Assert.True(a.Stage1.Reference!.equal(b.Stage1.Reference!).all().item<bool>());
        // What the second stage's beginning is blended with.
        Assert.True(a.Guide1!.equal(b.Guide1!).all().item<bool>());
    }

    // On average over the kept cells beside those to be regenerated: the root mean square over channels.
    private (double, double) Leak(Recipe recipe)
    {
        (EncodedClip a, EncodedClip b) = (Encode(with, recipe), Encode(without, recipe));
        return (Beside(a.Stage1, b.Stage1), Beside(a.Stage2, b.Stage2));
    }

    private static double Beside(StageConditions a, StageConditions b)
    {
        Tensor near = nn.functional.max_pool3d((1 - a.Keep!).unsqueeze(0), [1, 3, 3], [1, 1, 1], [0, 1, 1]).squeeze(0) * a.Keep!;
        return (((a.Clean! - b.Clean!).square().mean([1]).sqrt() * near).sum() / near.sum()).item<float>();
    }

    private EncodedClip Encode(Tensor frames, Recipe recipe)
    {
        WorkingSize size = WorkingSize.Of(new PixelShape(Frames, Height, Width), recipe.Size, new SizeLimits(InpaintOptions.MostPixels, 256), models.VideoScale, 1, 1);
        return EncodedClip.Encode(size.ToWorking(frames, size.Padded.Frames), StageMasks.Of(mask, size, recipe.Mask), models, loras, recipe);
    }
}
