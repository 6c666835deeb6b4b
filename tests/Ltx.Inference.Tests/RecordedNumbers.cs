namespace Ltx.Inference.Tests;

/// <summary>The trait of classes that hold ours against numbers which somebody else's computation left in a file: tests/processors runs them as other processors would.</summary>
internal static class RecordedNumbers
{
    public const string Trait = "Recorded numbers", Compared = "compared";
}
