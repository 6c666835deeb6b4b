using Ltx.Inference.TextEncoder;
using static TorchSharp.torch;

namespace Ltx.Parity.Cases;

/// <summary>Prompts to padded ids and masks.</summary>
internal sealed class TokenizerCase : IParityCase
{
    public bool Handles(string name) => name == "tokenizer";

    public void Run(GoldenCase golden, ParityContext context, ParityReport report)
    {
        GemmaTokenizer tokenizer = GemmaTokenizer.Open(Path.Combine(context.Model.TextEncoder, GemmaTokenizer.FileName));
        List<PromptTokens> prompts = [.. golden.Value<string[]>("prompts").Select(tokenizer.EncodePrompt)];
        report.Compare("out.ids", stack(prompts.Select(prompt => tensor(prompt.Ids))), golden.Tensor("out.ids"), CaseTolerance.Exact);
        report.Compare("out.mask", stack(prompts.Select(prompt => tensor(prompt.Mask))), golden.Tensor("out.mask"), CaseTolerance.Exact);
    }
}
