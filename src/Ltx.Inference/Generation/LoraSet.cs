using Ltx.Inference.Lora;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Generation;

/// <summary>The LoRAs of one request, opened and checked, together with those that the model itself brings.</summary>
internal sealed class LoraSet : IDisposable
{
    private readonly List<LoraUse> stage1 = [], stage2 = [];
    private readonly List<LoraFile> opened = [];

    private LoraSet()
    {
    }

    /// <summary>In the order in which they are summed: the user's, the adapter, the distilled one.</summary>
    public IReadOnlyList<LoraUse> Stage1 => stage1;

    public IReadOnlyList<LoraUse> Stage2 => stage2;

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
        LoraSet set = new();
        try
        {
            List<LoraMatch> matches = [];
            foreach ((int index, LoraChoice choice) in choices.Index())
            {
                LoraFile file = set.Open(choice, index, models, matches);
                LoraUse use = new(file, choice.Scale);
                if (choice.Stages is LoraStages.Both or LoraStages.Stage1) set.stage1.Add(use);
                if (choice.Stages is LoraStages.Both or LoraStages.Stage2) set.stage2.Add(use);
            }
            set.Matches = matches;
            set.AgreeOnReference(models.Adapter);
            if (models.Adapter is { } adapter) set.AddToBoth(adapter, InpaintOptions.AdapterStrength, InpaintOptions.AdapterStrength);
            if (models.Distilled is { } distilled) set.AddToBoth(distilled, InpaintOptions.DistilledStage1, InpaintOptions.DistilledStage2);
            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    private LoraFile Open(LoraChoice choice, int index, InpaintModels models, List<LoraMatch> matches)
    {
        string name = choice.Name ?? Path.GetFileName(choice.Path);
        try
        {
            LoraFile file = LoraFile.Open(choice.Path, name);
            opened.Add(file);
            matches.Add(models.Merger.Match(file));
            return file;
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

    private void AddToBoth(LoraFile file, double inStage1, double inStage2)
    {
        stage1.Add(new LoraUse(file, inStage1));
        stage2.Add(new LoraUse(file, inStage2));
    }

    // One guide serves all, so those that were trained with one must have been trained with the same.
    private void AgreeOnReference(LoraFile? adapter)
    {
        List<LoraFile> withReference = [.. opened.Where(file => file.HasReference)];
        if (adapter is not null) withReference.Add(adapter);
        if (withReference.Count == 0) return;
        LoraFile first = withReference[0];
        LoraFile? other = withReference.Find(file => file.ReferenceDownscale != first.ReferenceDownscale || file.ReferenceTemporalScale != first.ReferenceTemporalScale);
        if (other is not null)
        {
            throw new LoraException(Math.Max(0, opened.IndexOf(other)), $"The LoRAs {Describe(first)} and {Describe(other)} were trained with different references and cannot be used together.");
        }
        (ReferenceDownscale, ReferenceTemporalScale) = (first.ReferenceDownscale, first.ReferenceTemporalScale);
    }

    private static string Describe(LoraFile file) => $"{file.Name} (size 1/{file.ReferenceDownscale}, rate 1/{file.ReferenceTemporalScale})";
}
