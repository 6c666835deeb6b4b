namespace Ltx.Server.Fal;

/// <summary>
/// One of fal's applications as this server offers it: its id, what it is asked for, what it gives, and what kind of work that is. Routes, reader,
/// queue and OpenAPI document are made from it.
/// </summary>
/// <param name="Id">owner, alias and path, such as fal-ai/ltx-2.3-quality/inpaint/lora</param>
internal sealed record Application(string Id)
{
    public required JobKind Kind { get; init; }

    /// <summary>fal's word for what it does.</summary>
    public required string Category { get; init; }

    /// <summary>A short name for people, of letters, digits and hyphens.</summary>
    public required string Name { get; init; }

    public required IReadOnlyList<InputField> Inputs { get; init; }

    /// <summary>In the order in which an answer has them.</summary>
    public required IReadOnlyList<OutputField> Outputs { get; init; }

    /// <summary>Reads a client's input; problems go to the reader.</summary>
    public required Func<FieldReader, JobInput> Read { get; init; }

    /// <summary>Owner and alias, under which status, result and cancel are addressed.</summary>
    public string App { get; } = string.Join('/', Id.Split('/').Take(2));

    /// <summary>What fal calls the types of its input and output, without the word at their end.</summary>
    public string TypeName { get; } =
        string.Concat(Id.Split('/', 2)[1].Split('/', '-', '.').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
}
