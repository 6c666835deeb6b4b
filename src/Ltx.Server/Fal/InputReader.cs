using System.Text.Json;

namespace Ltx.Server.Fal;

/// <summary>Reads an application's input from JSON: all problems at once, in the order of the schema, without any I/O.</summary>
internal static class InputReader
{
    public static InputReading Read(Application application, JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return new InputReading(null, [FieldReader.NoObject(root, ["body"])]);
        }

        FieldReader fields = new(application.Inputs, root);
        var input = application.Read(fields);
        return fields.Problems.Count == 0 ? new InputReading(input, []) : new InputReading(null, fields.Problems);
    }
}

/// <summary>What reading an input gives: the input, or everything that is wrong with it.</summary>
internal sealed record InputReading(JobInput? Input, IReadOnlyList<FalDetail> Problems);
