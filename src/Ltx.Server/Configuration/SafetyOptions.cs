using System.ComponentModel.DataAnnotations;

namespace Ltx.Server.Configuration;

/// <summary>What the server refuses to work on and to give out, where a request leaves `enable_safety_checker` on.</summary>
internal sealed class SafetyOptions : ICheckedOptions
{
    /// <summary>`on` or `off`.</summary>
    public string Mode { get; set; } = "on";

    /// <summary>How often the source is looked at at least, evenly spread from its beginning to its end; 0 for never.</summary>
    [Range(0, 10_000)]
    public int SourceFrames { get; set; } = 8;

    /// <summary>How often the result is looked at, likewise.</summary>
    [Range(0, 10_000)]
    public int ResultFrames { get; set; } = 16;

    /// <summary>Seconds between two looks at most, however long the clip; 0 for any.</summary>
    [Range(0.0, 3600.0)]
    public double EverySeconds { get; set; } = 0.5;

    /// <summary>Frames in a row, from the one that is looked at on, that must all be too much before a clip is refused.</summary>
    [Range(1, 100)]
    public int Agreement { get; set; } = 2;

    /// <summary>Whether of the result's frames the masked region is looked at by itself, too: in a large frame it may be small.</summary>
    public bool MaskedRegion { get; set; } = true;

    /// <summary>
    /// The probability of this class above which a picture is too much; 1 does not count. Classes add up: each takes its share of what it
    /// may have, so that 0.4 of Porn and 0.4 of Hentai are as much as 0.8 of either.
    /// </summary>
    [Range(0.0, 1.0)]
    public double Porn { get; set; } = 0.7;

    /// <summary>The same of the class Hentai.</summary>
    [Range(0.0, 1.0)]
    public double Hentai { get; set; } = 0.7;

    /// <summary>The same of the class Sexy.</summary>
    [Range(0.0, 1.0)]
    public double Sexy { get; set; } = 1;

    /// <summary>The same of the class Drawing.</summary>
    [Range(0.0, 1.0)]
    public double Drawing { get; set; } = 1;

    /// <summary>The same of the class Neutral.</summary>
    [Range(0.0, 1.0)]
    public double Neutral { get; set; } = 1;

    /// <summary>A file with words and expressions that no prompt may hold, one a line; empty for none.</summary>
    public string PromptList { get; set; } = "";

    public bool IsOn => Mode == "on";

    public IEnumerable<string> Check()
    {
        if (Mode is not ("on" or "off")) yield return $"Safety:Mode: '{Mode}' is neither on nor off";
        List<string> problems = [];
        Configuration.PromptList.Read(PromptList, problems);
        foreach (string problem in problems) yield return $"Safety:PromptList: {problem}";
    }
}
