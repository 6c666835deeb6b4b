using Ltx.Inference.Expansion;
using Ltx.Inference.Planning;
using Ltx.Inference.TextEncoder;

namespace Ltx.Inference.Generation;

/// <summary>The text of a run: written out where that is wanted, and encoded. docs/inpaint-pipeline.md, section 1.</summary>
internal sealed class PromptReading(PipelineRun run)
{
    private readonly InpaintRequest request = run.Request;

    /// <summary>The prompt is written out, and what came of it is encoded.</summary>
    /// <param name="given">encoded already; null where it is not</param>
    public (string Prompt, PromptContexts Contexts) Read(PromptContexts? given)
    {
        static PromptContext Encode(PromptEncoder text, string words)
        {
            PromptContext context = text.Encode([words]);
            PipelineRun.Finite(InpaintStage.Prompt, context.Video, context.Audio);
            return context;
        }

        bool usesNegative = run.Planned.Recipe.UsesNegativePrompt(request.Parameters.GuidanceScale);
        if (given is not null && (given.Negative is not null || !usesNegative)) return (request.Parameters.Prompt, given);
        return run.Models.WithText(text =>
        {
            string prompt = given is null ? Expand(text) : request.Parameters.Prompt;
            return (prompt, new PromptContexts(given?.Positive ?? Encode(text, prompt), usesNegative ? Encode(text, request.Parameters.NegativePrompt) : null));
        });
    }

    private string Expand(PromptEncoder text)
    {
        if (!request.Parameters.ExpandPrompt) return request.Parameters.Prompt;
        if (!run.Models.ExpandsPrompts)
        {
            run.Clock.Note(PromptExpander.NotOfThisModel);
            return request.Parameters.Prompt;
        }
        if (text.Streams)
        {
            run.Clock.Note("The prompt is used as it is: this card holds the text encoder only layer by layer, and every word of an expansion would take as long as reading all of it.");
            return request.Parameters.Prompt;
        }
        bool withSound = request.Parameters.GenerateAudio && !run.Planned.KeepsSound;
        MarkedFrame? frame = text.Sees ? MarkedFrame.Of(request.Uncropped ?? request) : null;
        ExpandedPrompt expansion = run.Clock.Part(RunParts.Expansion, () => new PromptExpander(text).Expand(request.Parameters.Prompt, withSound, request.Parameters.Seed, request.AllowsExpansion, run.Cancellation, frame?.Picture, request.MaxExpansionTokens));
        if (frame is not null) run.Clock.Note($"The text model was shown frame {frame.Index} with the masked region in green.");
        run.Clock.Note(expansion.Note);
        return expansion.Prompt;
    }
}
