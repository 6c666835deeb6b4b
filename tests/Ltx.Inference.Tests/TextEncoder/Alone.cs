namespace Ltx.Inference.Tests.TextEncoder;

/// <summary>Tests that measure the whole process: its processor time, or its number of live tensors.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone in the process";
}
