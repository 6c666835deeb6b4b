using Ltx.Inference.TextEncoder;
using static TorchSharp.torch;

namespace Ltx.Parity.Cases;

/// <summary>A chat's greedy continuation.</summary>
internal sealed class GenerateCase : IParityCase
{
    public bool Handles(string name) => name == "generate";

    public void Run(GoldenCase golden, ParityContext context, ParityReport report)
    {
        string folder = context.Model.TextEncoder;
        GemmaTokenizer tokenizer = GemmaTokenizer.Open(Path.Combine(folder, GemmaTokenizer.FileName));
        using GemmaEncoder model = new(context.Model, context.Device, context.Type);
        IReadOnlyList<int> chat = tokenizer.Encode(golden.Text("chat_text"), addBos: false);
        Tensor ids = tensor(chat.Select(id => (long)id).ToArray()).unsqueeze(0);
        report.Compare("in.ids", ids, golden.Tensor("in.ids"), CaseTolerance.Exact);
        report.Compare("out.next_logits", model.NextLogits(ids, null), golden.Tensor("out.next_logits"));

        Tensor expected = golden.Tensor("out.ids");
        GenerationSettings settings = new(Sample: false, MaxTokens: (int)expected.shape[0]);
        IReadOnlyList<int> continuation = new GemmaGenerator(model, GenerationConfig.Read(folder)).Generate(chat, settings, CancellationToken.None);
        // In bfloat16 two logits may change places, and with them all that follows: those ids are not judged.
        report.Compare("out.ids", tensor(continuation.Select(id => (long)id).ToArray()), expected, context.Type == ScalarType.Float32 ? CaseTolerance.Exact : CaseTolerance.Layers);
        string decoded = tokenizer.Decode(expected.data<long>().Select(id => (int)id));
        if (decoded != golden.Text("decoded")) report.Fail("decoded text differs");
    }
}
