using Ltx.Inference.Expansion;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.Tests.TextEncoder;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Expansion;

/// <summary>What Gemma may write that is no prompt: the prompt stays as it is, and there is a note that says why.</summary>
public class UnusableAnswerTests
{
    private const string Prompt = "a red disc";

    private static readonly Dictionary<string, Dictionary<string, string[]>> Chains = new()
    {
        ["The expansion of the prompt was empty"] = new() { [ChainGemma.Start] = [ChainGemma.End] },
        ["The expansion of the prompt repeated itself"] = new() { [ChainGemma.Start] = ["The disc rises "], ["The disc rises "] = ["and sinks. "], ["and sinks. "] = ["The disc rises "] },
        ["The expansion of the prompt was not text"] = new() { [ChainGemma.Start] = ["A red disc"], ["A red disc"] = ["\u0007 glides."], ["\u0007 glides."] = [ChainGemma.End] },
        ["The text model declined to expand the prompt"] = new() { [ChainGemma.Start] = ["I cannot help with that."], ["I cannot help with that."] = [ChainGemma.End] },
        ["The expansion of the prompt did not end its first sentence within 512 tokens"] = Endless(),
    };

    public static TheoryData<string> Reasons => [.. Chains.Keys];

    [Theory]
    [MemberData(nameof(Reasons))]
    public void The_prompt_is_used_as_it_is(string reason)
    {
        using ChainGemma gemma = new(Repository.Miniature, Chains[reason]);
        using ModelParts parts = new(gemma.Path);
        using PromptEncoder encoder = new(parts.Model, parts.Checkpoint, CPU, ScalarType.Float32);

        ExpandedPrompt answer = new PromptExpander(encoder).Expand(Prompt, withSound: true, seed: 5, allowed: null, TestContext.Current.CancellationToken);

        Assert.Equal(new ExpandedPrompt(Prompt, reason + "; the prompt is used as it is."), answer);
    }

    // Forty words, each of which may follow each other one: no sentence ends, and nothing repeats itself.
    private static Dictionary<string, string[]> Endless()
    {
        string[] words = [.. Enumerable.Range(0, 40).Select(i => $"{(char)('a' + i % 26)}{"aeiou"[i % 5]}{(char)('b' + i / 5)}l ")];
        return words.Prepend(ChainGemma.Start).ToDictionary(word => word, word => words.Where(other => other != word).ToArray());
    }
}
