using System.Text.RegularExpressions;

namespace Ltx.Inference.Lora;

/// <summary>What a tensor of a LoRA file is to its module.</summary>
internal enum LoraTensorKind
{
    /// <summary>[rank, in] ("A")</summary>
    Down,

    /// <summary>[out, rank] ("B")</summary>
    Up,

    /// <summary>[out], added behind "B" (PEFT's lora_bias)</summary>
    UpBias,

    /// <summary>one number</summary>
    Alpha,

    /// <summary>[out, in], a whole difference of the weight</summary>
    Difference,

    /// <summary>[out], a difference of the bias</summary>
    BiasDifference,
}

/// <summary>A tensor's name, taken apart.</summary>
/// <param name="Module">as the file has it, without the ending</param>
/// <param name="Adapter">the adapter's own name, which PEFT puts between the half and its end; empty where there is none</param>
internal readonly partial record struct LoraTensorName(string Module, LoraTensorKind Kind, string Adapter)
{
    /// <summary>Null where it is none of what a LoRA consists of.</summary>
    public static LoraTensorName? Parse(string name)
    {
        if (Half().Match(name) is { Success: true } half)
        {
            bool isDown = half.Groups[2].Value is "lora_A" or "lora_down" or "lora.down", isBias = half.Groups[4].Value == "bias";
            if (isDown && isBias) return null;
            return new LoraTensorName(half.Groups[1].Value, isDown ? LoraTensorKind.Down : isBias ? LoraTensorKind.UpBias : LoraTensorKind.Up, half.Groups[3].Value);
        }
        foreach ((string ending, LoraTensorKind kind) in new[] { (".alpha", LoraTensorKind.Alpha), (".diff", LoraTensorKind.Difference), (".diff_b", LoraTensorKind.BiasDifference) })
        {
            if (name.EndsWith(ending, StringComparison.Ordinal)) return new LoraTensorName(name[..^ending.Length], kind, "");
        }
        return null;
    }

    // MODULE.lora_A.weight, with any adapter's name before the end (PEFT: default, default_0, my_style), or without the end (a bare parameter).
    [GeneratedRegex(@"^(.+)\.(lora_A|lora_B|lora_down|lora_up|lora\.down|lora\.up)(?:\.((?!(?:weight|bias)$)[^.]+))?(?:\.(weight|bias))?$", RegexOptions.CultureInvariant)]
    private static partial Regex Half();
}
