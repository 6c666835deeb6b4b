using System.ComponentModel.DataAnnotations;
using Ltx.Server.Safety;

namespace Ltx.Server.Configuration;

/// <summary>What the server refuses to work on and to give out, where a request leaves `enable_safety_checker` on.</summary>
internal sealed class SafetyOptions : ICheckedOptions
{
    /// <summary>`on` or `off`.</summary>
    public string Mode { get; set; } = "on";

    /// <summary>Frames of the source that are looked at, evenly spread, the first and the last among them; 0 for none.</summary>
    [Range(0, 10_000)]
    public int SourceFrames { get; set; } = 8;

    /// <summary>Frames of the result that are looked at, likewise.</summary>
    [Range(0, 10_000)]
    public int ResultFrames { get; set; } = 16;

    /// <summary>Whether of these frames the masked region is looked at by itself, too: in a large frame it may be small.</summary>
    public bool MaskedRegion { get; set; } = true;

    /// <summary>The probability of each class above which a picture is refused; 1 never is.</summary>
    [Range(0.0, 1.0)]
    public double Porn { get; set; } = 0.7;

    [Range(0.0, 1.0)]
    public double Hentai { get; set; } = 0.7;

    [Range(0.0, 1.0)]
    public double Sexy { get; set; } = 1;

    [Range(0.0, 1.0)]
    public double Drawing { get; set; } = 1;

    [Range(0.0, 1.0)]
    public double Neutral { get; set; } = 1;

    /// <summary>A file with words and expressions that no prompt may hold, one a line; empty for none.</summary>
    public string PromptList { get; set; } = "";

    public bool IsOn => Mode == "on";

    public IEnumerable<string> Check()
    {
        if (Mode is not ("on" or "off")) yield return $"Safety:Mode: '{Mode}' is neither on nor off";
        List<string> problems = [];
        Safety.PromptList.Read(PromptList, problems);
        foreach (string problem in problems) yield return $"Safety:PromptList: {problem}";
    }
}
