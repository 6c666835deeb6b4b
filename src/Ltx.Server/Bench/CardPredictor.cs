using Ltx.Inference.Generation;
using Ltx.Inference.Kernels;
using Ltx.Inference.Latents;
using Ltx.Inference.Measuring;
using Ltx.Inference.Planning;
using Ltx.Inference.Weights;

namespace Ltx.Server.Bench;

/// <summary>Predicts requests and forwards of a model for a card that need not be there.</summary>
internal static class CardPredictor
{
    /// <param name="card">one of <see cref="Ceiling.Cards"/></param>
    /// <param name="ceiling">its row</param>
    /// <param name="format">of the blocks' weights</param>
    public static PredictionReport Predict(BenchModel model, string card, Ceiling ceiling, WeightFormat format, BenchOptions options)
    {
        ModelArchitecture architecture = ModelArchitecture.Of(model.Folder);
        bool kernels = KernelLaunchers.AreWanted;
        Prediction prediction = new(architecture, ceiling, kernels, format);
        string request = "";
        IReadOnlyList<PredictedStage> stages = [];
        if (options.Size is { } size)
        {
            RequestShape shape = new RecipeChoice(model.Folder, options.Inpaint).Usual(new RequestShape(size.Frames, size.Height, size.Width));
            stages = prediction.Request(shape, options.Steps, guidance: 1);
            request = $"{size.Width}x{size.Height}, {size.Frames} frames, {options.Steps} steps, recipe {shape.Recipe.Name}";
        }
        VideoScale scale = architecture.VideoVae.Scale;
        string products = format == WeightFormat.Float8Products ? "products of the blocks in float8" : "bfloat16";
        string sentence = $"{model.Name}, {architecture.Transformer.Layers} blocks, {products}, {(kernels ? "the project's kernels" : "libtorch's operators")}";
        return new PredictionReport(card, ceiling, sentence, request, stages, [.. options.Tokens.Select(tokens =>
        {
            int sound = ForwardMeasure.AudioTokens(architecture.AudioVae.Scale, scale, tokens);
            return new PredictionReport.ForwardRow(tokens, sound, prediction.Forward(tokens, sound));
        })]);
    }
}
