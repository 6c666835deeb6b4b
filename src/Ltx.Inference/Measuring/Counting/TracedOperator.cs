namespace Ltx.Inference.Measuring.Counting;

/// <summary>One call of an operator, or a named range of calls.</summary>
/// <param name="Name">without its namespace's overloads, such as <c>aten::add_</c></param>
/// <param name="Schema">as libtorch declares it; empty for a range</param>
/// <param name="Inputs">tensors of each argument: one, those of a list, or none</param>
/// <param name="Flags">of each argument, whether it is true</param>
/// <param name="Outputs">tensors of all results</param>
internal sealed record TracedOperator(string Name, string Schema, IReadOnlyList<IReadOnlyList<TracedTensor>> Inputs, IReadOnlyList<bool> Flags, IReadOnlyList<TracedTensor> Outputs)
{
    /// <summary>What it called itself, in order.</summary>
    public List<TracedOperator> Inner { get; } = [];

    public bool IsRange => Schema.Length == 0;

    /// <summary>Whether it only looks at memory that is there: its result is a view of an argument (<c>Tensor(a)</c>).</summary>
    public bool IsView => Schema.LastIndexOf("->", StringComparison.Ordinal) is > 0 and var at && Schema.IndexOf("(a", at, StringComparison.Ordinal) >= 0 && !Schema.AsSpan(at).Contains('!');

    /// <summary>Tensors that it writes into: arguments that are marked (<c>Tensor(a!)</c>), or new results.</summary>
    public IReadOnlyList<TracedTensor> Written => OfArguments(written: true) is { Count: > 0 } marked ? marked : Outputs;

    /// <summary>Tensors that it is given to read.</summary>
    public IReadOnlyList<TracedTensor> Read => OfArguments(written: false);

    private List<TracedTensor> OfArguments(bool written)
    {
        string[] arguments = [.. Arguments(Schema)];
        return [.. Inputs.Where((_, i) => i < arguments.Length && arguments[i].Contains('!', StringComparison.Ordinal) == written).SelectMany(tensors => tensors)];
    }

    // What stands between the outermost brackets, at its commas; the star of keyword arguments is none.
    private static IEnumerable<string> Arguments(string schema)
    {
        int depth = 0, start = schema.IndexOf('(', StringComparison.Ordinal) + 1;
        for (int i = start; i < schema.Length && depth >= 0; i++)
        {
            char letter = schema[i];
            if (letter is '(' or '[') depth++;
            if (letter is ')' or ']') depth--;
            if (depth >= 0 && (letter != ',' || depth > 0)) continue;
            string argument = schema[start..i].Trim();
            if (argument is not ("*" or "")) yield return argument;
            start = i + 1;
        }
    }
}
