namespace Ltx.Server.Diagnosis;

/// <summary>What a finding means.</summary>
internal enum Verdict
{
    /// <summary>There, and good.</summary>
    Good,

    /// <summary>Not there, and not needed by everyone.</summary>
    Absent,

    /// <summary>Not there, and nothing works without it.</summary>
    Missing,
}

/// <summary>One thing that the doctor looked at.</summary>
/// <param name="What">its name</param>
/// <param name="Fact">what was found</param>
/// <param name="Advice">what to do, or to know; null for nothing</param>
internal sealed record Finding(string What, Verdict Verdict, string Fact, string? Advice = null);
