namespace Ltx.Server.Fal;

/// <summary>One row of an application's input schema. The reader and the OpenAPI document are both made from it, so they cannot disagree.</summary>
internal sealed record InputField(string Name, FieldKind Kind, string Description)
{
    public bool Required { get; init; }

    /// <summary>What stands in for an absent field or an explicit null.</summary>
    public object? Default { get; init; }

    public double? Minimum { get; init; }

    public double? Maximum { get; init; }

    public IReadOnlyList<string> Choices { get; init; } = [];

    public object? Example { get; init; }

    /// <summary>Of a list: what is in it.</summary>
    public ItemSchema? Items { get; init; }
}

/// <summary>What a list holds.</summary>
/// <param name="Name">fal's name of the type</param>
/// <param name="Fields">of an item</param>
/// <param name="Most">how many there may be</param>
internal sealed record ItemSchema(string Name, IReadOnlyList<InputField> Fields, int Most);

/// <summary>The types that input fields have.</summary>
internal enum FieldKind
{
    Text,
    Url,
    Number,
    Integer,
    Boolean,
    Choice,

    /// <summary>A list of objects.</summary>
    List,

    /// <summary>Two whole numbers, in a list.</summary>
    Pair,
}
