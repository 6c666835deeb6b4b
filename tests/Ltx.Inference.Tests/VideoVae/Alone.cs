namespace Ltx.Inference.Tests.VideoVae;

/// <summary>Tests that count live tensors of the whole process.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public class Alone
{
    public const string Name = "video VAE, alone";
}
