using Ltx.Inference.Lora;
using Ltx.Inference.Recipes;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Generation;

/// <summary>The LoRAs of one request, opened and checked, together with those that the model itself brings.</summary>
internal sealed class LoraSet : IDisposable
{
    private readonly List<LoraFile> opened = [];
    private readonly IReadOnlyList<LoraChoice> choices;
    private readonly LoraFile? adapter, distilled;

    private LoraSet(IReadOnlyList<LoraChoice> choices, InpaintModels models)
    {
        (this.choices, adapter, distilled) = (choices, models.Adapter, models.Distilled);
    }

    /// <summary>The user's files that change anything, and where they are used.</summary>
    public IReadOnlyList<(LoraFile File, LoraStages Stages)> Users => [.. opened.Zip(choices).Where(pair => pair.Second.Scale != 0).Select(pair => (pair.First, pair.Second.Stages))];

    /// <summary>What the first stage is done with, in the order in which it is summed: the user's, the adapter, the distilled one.</summary>
    public IReadOnlyList<LoraUse> InStage1(RecipeStage stage) => Uses(stage, LoraStages.Stage1);

    /// <summary>The same for the second.</summary>
    public IReadOnlyList<LoraUse> InStage2(RecipeStage stage) => Uses(stage, LoraStages.Stage2);

    /// <summary>How much of each of the user's found its layer.</summary>
    public IReadOnlyList<LoraMatch> Matches { get; private set; } = [];

    /// <summary>How many times smaller than the clip its guide is; 1 where no LoRA says so.</summary>
    public int ReferenceDownscale { get; private set; } = 1;

    /// <summary>How many times fewer frames it has.</summary>
    public int ReferenceTemporalScale { get; private set; } = 1;

    /// <exception cref="InferenceException">One cannot be used with this model, or two disagree on the guide.</exception>
    public static LoraSet Open(IReadOnlyList<LoraChoice> choices, InpaintModels models)
    {
        LoraChoice.Check(choices);
        LoraSet set = new(choices, models);
        try
        {
            List<LoraMatch> matches = [];
            foreach ((int index, LoraChoice choice) in choices.Index()) set.Open(choice, index, models, matches);
            set.Matches = matches;
            set.AgreeOnReference();
            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    private IReadOnlyList<LoraUse> Uses(RecipeStage stage, LoraStages number)
    {
        List<LoraUse> uses = [.. opened.Zip(choices).Where(pair => pair.Second.Stages == LoraStages.Both || pair.Second.Stages == number).Select(pair => new LoraUse(pair.First, pair.Second.Scale))];
        if (adapter is not null) uses.Add(new LoraUse(adapter, stage.Adapter));
        if (distilled is not null) uses.Add(new LoraUse(distilled, stage.Distilled));
        return uses;
    }

    private void Open(LoraChoice choice, int index, InpaintModels models, List<LoraMatch> matches)
    {
        string name = choice.Name ?? Path.GetFileName(choice.Path);
        try
        {
            LoraFile file = LoraFile.Open(choice.Path, name);
            opened.Add(file);
            matches.Add(models.Merger.Match(file));
        }
        catch (WeightsException e)
        {
            // Where it lies is the caller's business; whoever named it knows it by its name.
            throw new LoraException(index, choice.Name is null ? e.Message : e.Message.Replace(Path.GetFullPath(choice.Path), name, StringComparison.Ordinal), e);
        }
    }

    /// <summary>Makes the transformer use what one stage uses.</summary>
    /// <exception cref="InferenceException">They cannot be merged; where it is one of the user's that cannot, a <see cref="LoraException"/> says which.</exception>
    public void Merge(LoraMerger merger, IReadOnlyList<LoraUse> stage)
    {
        try
        {
            merger.Use(stage);
        }
        catch (LoraMergeException e) when (opened.IndexOf(e.File) is >= 0 and var index)
        {
            throw new LoraException(index, e.Message, e);
        }
    }

    /// <summary>Closes the user's files; the model's own stay open.</summary>
    public void Dispose() => opened.ForEach(file => file.Dispose());

    // One guide serves all. A factor of 1 says nothing: files that never had to choose carry it, the adapter's among them. Beside one that asks
    // for a smaller guide, the adapter is given the smaller one, too. Source: ltx_pipelines/ic_lora.py (400fd31).
    private void AgreeOnReference()
    {
        LoraFile[] asking = [.. opened.Append(adapter).OfType<LoraFile>().Where(file => file.ReferenceDownscale != 1 || file.ReferenceTemporalScale != 1)];
        foreach (LoraFile file in asking)
        {
            LoraFile? other = Array.Find(asking, other => Differ(other.ReferenceDownscale, file.ReferenceDownscale) || Differ(other.ReferenceTemporalScale, file.ReferenceTemporalScale));
            if (other is not null)
            {
                throw new LoraException(Math.Max(0, opened.IndexOf(other)), $"The LoRAs {Describe(file)} and {Describe(other)} were trained with different references and cannot be used together.");
            }
            (ReferenceDownscale, ReferenceTemporalScale) = (Math.Max(ReferenceDownscale, file.ReferenceDownscale), Math.Max(ReferenceTemporalScale, file.ReferenceTemporalScale));
        }

        static bool Differ(int one, int other) => one != 1 && other != 1 && one != other;
    }

    private static string Describe(LoraFile file) => $"{file.Name} (size 1/{file.ReferenceDownscale}, rate 1/{file.ReferenceTemporalScale})";
}
