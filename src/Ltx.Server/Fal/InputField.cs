namespace Ltx.Server.Fal;

/// <summary>One row of the endpoint's input schema. The reader and the OpenAPI document are both made from it, so they cannot disagree.</summary>
internal sealed record InputField(string Name, FieldKind Kind, string Description)
{
    public bool Required { get; init; }

    /// <summary>What stands in for an absent field or an explicit null.</summary>
    public object? Default { get; init; }

    public double? Minimum { get; init; }

    public double? Maximum { get; init; }

    public IReadOnlyList<string> Choices { get; init; } = [];

    public object? Example { get; init; }
}

/// <summary>The types that the endpoint's input fields have.</summary>
internal enum FieldKind
{
    Text,
    Url,
    Number,
    Integer,
    Boolean,
    Choice,
    Loras,
}
