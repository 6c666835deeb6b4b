using System.Globalization;
using Ltx.Inference.Lora;
using Ltx.Inference.Native;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Forms;

/// <summary>What a LoRA file is, and what of a model it would change.</summary>
/// <param name="Format">how its names are spelled, for a person</param>
/// <param name="Modules">how many layers it changes</param>
/// <param name="Ranks">ranks of its modules and how many have each, smallest first</param>
/// <param name="HasAlpha">whether it scales its modules by an alpha of its own</param>
/// <param name="ReferenceDownscale">how many times smaller than the target its reference is; null where it says nothing</param>
/// <param name="Matched">modules that match a layer; 0 without a model</param>
/// <param name="Unmatched">names of those that match none, and of tensors that belong to no module</param>
/// <param name="Misshapen">a sentence about the first module that does not fit its layer; null where all fit</param>
public sealed record LoraInspection(
    string Format, int Modules, IReadOnlyList<(long Rank, int Count)> Ranks, bool HasAlpha, int? ReferenceDownscale, int Matched, IReadOnlyList<string> Unmatched, string? Misshapen)
{
    // Longer ones first where one begins with another; the last takes what is left.
    private static readonly (string Prefix, string Who)[] Spellings =
    [
        ("base_model.model.", "as PEFT writes them"),
        ("model.diffusion_model.", "as the checkpoint has them"),
        ("diffusion_model.", "as the publisher's trainer writes them"),
        ("transformer.", "as diffusers writes them"),
        ("lora_unet_", "flattened, as kohya's scripts write them"),
        ("lora_transformer_", "flattened, as OneTrainer writes them"),
        ("lycoris_", "flattened, as LyCORIS writes them"),
        ("", "as the layers are called"),
    ];

    /// <summary>How many modules have a whole difference of weight or bias.</summary>
    public int Differences { get; init; }

    /// <summary>What its metadata say of its strength, where that matters; else null.</summary>
    public string? Strength { get; init; }

    /// <summary>One line.</summary>
    public string Summary
    {
        get
        {
            string ranks = string.Join(", ", Ranks.Select(rank => Ranks.Count == 1 ? $"{rank.Rank}" : $"{rank.Rank} ({rank.Count})"));
            string differences = Differences == 0 ? "" : $", {Differences} with whole differences";
            return string.Create(CultureInfo.InvariantCulture, $"{Modules} modules{(Ranks.Count == 0 ? "" : $" of rank {ranks}")}{(HasAlpha ? ", with alpha" : "")}{differences}");
        }
    }

    /// <param name="path">the LoRA</param>
    /// <param name="checkpoint">the tensors of the model that it is for; null to look at the file alone</param>
    /// <exception cref="WeightsException">It is no LoRA that can be used.</exception>
    public static LoraInspection Of(string path, IReadOnlyList<ExpectedTensor>? checkpoint)
    {
        // An alpha is read as a tensor.
        LibTorch.Load();
        using LoraFile lora = LoraFile.Open(path);
        Dictionary<string, long[]> layers = checkpoint is null ? [] : LoraForm.Layers(checkpoint);
        LoraNames names = new(layers.Keys);
        List<string> unmatched = [];
        string? misshapen = null;
        foreach (LoraModule module in lora.Modules)
        {
            if (checkpoint is null) continue;
            if (names.Find(module.Name) is not { } layer) unmatched.Add(module.Name);
            else if (module.WeightShape is { } shape && !shape.SequenceEqual(layers[layer]))
            {
                misshapen ??= $"the module \"{module.Name}\" is for a layer of {FormCheck.Describe(shape)}, and the model's is {FormCheck.Describe(layers[layer])}.";
            }
        }
        return new LoraInspection(
            FormatOf(lora.Modules[0]), lora.Modules.Count,
            [.. lora.Modules.Where(module => module.LowRank is not null).GroupBy(module => module.LowRank!.Rank).OrderBy(group => group.Key).Select(group => (group.Key, group.Count()))],
            lora.Modules.Any(module => module.LowRank?.Alpha is not null),
            lora.HasReference ? lora.ReferenceDownscale : null,
            checkpoint is null ? 0 : lora.Modules.Count - unmatched.Count, [.. unmatched, .. lora.LeftOver], misshapen)
        {
            Strength = lora.Strength,
            Differences = lora.Modules.Count(module => module.Difference is not null || module.BiasDifference is not null),
        };
    }

    // A file is written by one program: its first module tells for all.
    private static string FormatOf(LoraModule module)
    {
        string[] tensors = [.. new[] { module.LowRank?.Down, module.LowRank?.Up, module.LowRank?.UpBias, module.Difference, module.BiasDifference }.OfType<TensorEntry>().Select(tensor => tensor.Name[module.Name.Length..].Trim('.'))];
        (string begins, string who) = Array.Find(Spellings, spelling => module.Name.StartsWith(spelling.Prefix, StringComparison.Ordinal));
        return $"{string.Join(" and ", tensors)}, {(begins.Length == 0 ? "" : $"names begin with \"{begins}\", ")}{who}";
    }
}
