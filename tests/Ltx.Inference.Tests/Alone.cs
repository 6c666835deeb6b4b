namespace Ltx.Inference.Tests;

/// <summary>Tests that measure the whole process: its processor time, its memory, or its number of live tensors.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone in the process";
}
