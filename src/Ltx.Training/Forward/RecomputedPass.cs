using Ltx.Inference.Native;
using Ltx.Inference.Transformer;
using static TorchSharp.torch;

namespace Ltx.Training.Forward;

/// <summary>
/// Loss and gradients of one pass with the memory of one block: forwards, only what goes into each block is kept; then backwards, where each is
/// computed once more with its gradients recorded, and forgotten. Weights are needed in the order of the blocks and back again, which is how those
/// that are streamed come. The same as torch.utils.checkpoint a block, by hand.
/// </summary>
/// <param name="model">its weights stay as they are; what is trained is beside or among them</param>
/// <param name="trained">whose gradients are wanted</param>
internal sealed class RecomputedPass(LtxTransformer model, ITrainedWeights trained)
{
    /// <summary>Adds gradients to what is trained.</summary>
    /// <param name="videoInput">video stream</param>
    /// <param name="audioInput">audio stream; null for the video stream by itself</param>
    /// <param name="lossOf">one number of both streams' velocities</param>
    /// <param name="share">what of the loss the gradients are of</param>
    /// <returns>the loss</returns>
    public double Backward(StreamInput videoInput, StreamInput? audioInput, Func<StreamTokens, Tensor> lossOf, double share = 1)
    {
        using IDisposable differentiation = Differentiation.Begin();
        using var scope = NewDisposeScope();
        GradientCuts ends = new();
        (PassState pass, StreamTokens tokens) = Begin(videoInput, audioInput, ends);
        int[] order = [.. Enumerable.Range(0, model.Config.Layers)];
        Stack<StreamTokens> inputs = [];
        (Tensor? Video, Tensor? Audio) gradient = default;
        double loss = 0;
        foreach ((int place, int block) in model.Pass([.. order, .. order.Reverse()]).Index())
        {
            if (place < order.Length)
            {
                inputs.Push(tokens);
                using var noGradient = no_grad();
                tokens = model.Block(block, tokens, pass, Perturbations.None);
                continue;
            }
            if (place == order.Length) (loss, gradient) = End(tokens, pass, lossOf, share);
            gradient = Through(block, inputs.Pop(), pass, gradient);
        }
        ends.Backward(gradient);
        return loss;
    }

    /// <summary>The same in one piece, as autograd does it: for comparing.</summary>
    public double BackwardAtOnce(StreamInput videoInput, StreamInput? audioInput, Func<StreamTokens, Tensor> lossOf, double share = 1)
    {
        using IDisposable differentiation = Differentiation.Begin();
        using var scope = NewDisposeScope();
        PassState pass = model.Prepare(videoInput, audioInput);
        StreamTokens tokens = model.Embed(pass);
        foreach (int block in model.Pass([.. Enumerable.Range(0, model.Config.Layers)])) tokens = model.Block(block, tokens, pass, Perturbations.None);
        Tensor loss = lossOf(model.Output(tokens, pass));
        (loss * share).backward();
        return loss.to(ScalarType.Float64).item<double>();
    }

    // Noise levels and first tokens, cut off from what follows where gradients are wanted of them.
    private (PassState Pass, StreamTokens Tokens) Begin(StreamInput videoInput, StreamInput? audioInput, GradientCuts ends)
    {
        using var gradients = enable_grad(trained.ReachEnds);
        PassState pass = model.Prepare(videoInput, audioInput);
        StreamTokens tokens = model.Embed(pass);
        return (new PassState(ends.Cut(pass.Video), pass.Audio is null ? null : ends.Cut(pass.Audio)), ends.CutTokens(tokens));
    }

    private (double Loss, (Tensor? Video, Tensor? Audio) Gradient) End(StreamTokens tokens, PassState pass, Func<StreamTokens, Tensor> lossOf, double share)
    {
        using var scope = NewDisposeScope();
        StreamTokens leaves = Leaves(tokens, wanted: true);
        Tensor loss = lossOf(model.Output(leaves, pass));
        (loss * share).backward();
        return (loss.to(ScalarType.Float64).item<double>(), GradientOf(leaves));
    }

    // The first block's input needs no gradient, unless what makes it does.
    private (Tensor? Video, Tensor? Audio) Through(int block, StreamTokens input, PassState pass, (Tensor? Video, Tensor? Audio) gradient)
    {
        using var scope = NewDisposeScope();
        StreamTokens leaves = Leaves(input, wanted: block > 0 || trained.ReachEnds), output = model.Block(block, leaves, pass, Perturbations.None);
        (Tensor Value, Tensor? Gradient)[] pairs = output.Audio is { } audio
            ? [(output.Video, gradient.Video), (audio, gradient.Audio)]
            : [(output.Video, gradient.Video)];
        List<(Tensor Value, Tensor? Gradient)> through = [.. pairs.Where(pair => pair.Gradient is not null && pair.Value.requires_grad)];
        if (through.Count > 0) autograd.backward([.. through.Select(pair => pair.Value)], [.. through.Select(pair => pair.Gradient!)]);
        input.Dispose();
        return GradientOf(leaves);
    }

    private static StreamTokens Leaves(StreamTokens tokens, bool wanted) => new(tokens.Video.detach().requires_grad_(wanted), tokens.Audio?.detach().requires_grad_(wanted));

    private static (Tensor? Video, Tensor? Audio) GradientOf(StreamTokens leaves) => (Kept(leaves.Video.grad), Kept(leaves.Audio?.grad));

    private static Tensor? Kept(Tensor? gradient) => gradient?.MoveToOuterDisposeScope();
}
