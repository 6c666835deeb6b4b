namespace Ltx.Parity;

internal enum ParityVerdict
{
    Passed,
    Failed,
    NotJudged,
    Skipped,
}

/// <summary>One compared tensor.</summary>
internal sealed record ParityRow(string Case, string Tensor, double Error, double Tolerance, ParityVerdict Verdict)
{
    public string VerdictText => Verdict switch
    {
        ParityVerdict.Passed => "pass",
        ParityVerdict.Failed => "FAIL",
        ParityVerdict.NotJudged => "not judged",
        _ => "skipped",
    };
}
