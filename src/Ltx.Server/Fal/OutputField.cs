namespace Ltx.Server.Fal;

/// <summary>One row of an application's output schema.</summary>
internal sealed record OutputField(string Name, OutputKind Kind, string Description)
{
    /// <summary>Whether it is there whatever was asked for.</summary>
    public bool Required { get; init; } = true;
}

/// <summary>The types that output fields have.</summary>
internal enum OutputKind
{
    File,
    Integer,
    Text,
}
