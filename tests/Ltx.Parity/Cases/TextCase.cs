using Ltx.Inference.TextEncoder;
using static TorchSharp.torch;

namespace Ltx.Parity.Cases;

/// <summary>Prompts to hidden states, features and contexts.</summary>
internal sealed class TextCase : IParityCase
{
    public bool Handles(string name) => name == "text";

    public void Run(GoldenCase golden, ParityContext context, ParityReport report)
    {
        using PromptEncoder encoder = new(context.Model, context.Checkpoint, context.Device, context.Type);
        string[] prompts = golden.Value<string[]>("prompts");
        Tensor ids = stack(prompts.Select(prompt => tensor(encoder.Tokenizer.EncodePrompt(prompt).Ids)));
        Tensor mask = golden.Tensor("in.mask");
        IReadOnlyList<Tensor> states = encoder.Gemma.Forward(ids, mask);
        // The file keeps the last positions only: [B, L, T', D] and [B, T', D].
        Tensor expectedStates = golden.Tensor("out.hidden_states");
        report.Compare("out.hidden_states", Last(stack(states, 1), 2, expectedStates), expectedStates);
        report.Compare("out.hidden_last", states[^1], golden.Tensor("out.hidden_last"));
        (Tensor video, Tensor audio) = encoder.Features!.Forward(states, mask.to(context.Device));
        report.Compare("out.video_features", Last(video, 1, golden.Tensor("out.video_features")), golden.Tensor("out.video_features"));
        report.Compare("out.audio_features", Last(audio, 1, golden.Tensor("out.audio_features")), golden.Tensor("out.audio_features"));
        PromptContext contexts = encoder.Encode(prompts);
        report.Compare("out.video_context", contexts.Video, golden.Tensor("out.video_context"));
        report.Compare("out.audio_context", contexts.Audio, golden.Tensor("out.audio_context"));
    }

    private static Tensor Last(Tensor x, int dimension, Tensor expected)
    {
        long count = expected.shape[dimension];
        return x.narrow(dimension, x.shape[dimension] - count, count);
    }
}
