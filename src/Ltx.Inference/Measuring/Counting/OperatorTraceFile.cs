using System.Text.Json;

namespace Ltx.Inference.Measuring.Counting;

/// <summary>Reads what <see cref="Native.OperatorTrace"/> has written (PyTorch's execution trace, schema 1.1).</summary>
internal static class OperatorTraceFile
{
    /// <returns>calls that no other call made, in order</returns>
    public static IReadOnlyList<TracedOperator> Read(string file)
    {
        using FileStream stream = File.OpenRead(file);
        using JsonDocument document = JsonDocument.Parse(stream);
        Dictionary<long, TracedOperator> known = [];
        List<(long Id, long Caller, TracedOperator Call)> calls = [];
        foreach (JsonElement node in document.RootElement.GetProperty("nodes").EnumerateArray())
        {
            TracedOperator call = Call(node);
            calls.Add((node.GetProperty("id").GetInt64(), node.GetProperty("ctrl_deps").GetInt64(), call));
            known.Add(calls[^1].Id, call);
        }
        List<TracedOperator> outermost = [];
        // Written when they end, numbered when they begin.
        foreach ((long id, long caller, TracedOperator call) in calls.OrderBy(call => call.Id))
        {
            if (caller != id && known.TryGetValue(caller, out TracedOperator? by)) by.Inner.Add(call);
            else outermost.Add(call);
        }
        return outermost;
    }

    private static TracedOperator Call(JsonElement node)
    {
        JsonElement schema = node.GetProperty("attrs").EnumerateArray().First(attribute => attribute.GetProperty("name").GetString() == "op_schema").GetProperty("value");
        JsonElement inputs = node.GetProperty("inputs");
        return new TracedOperator(
            node.GetProperty("name").GetString()!, schema.GetString()!, Tensors(inputs), [.. inputs.GetProperty("values").EnumerateArray().Select(value => value.ValueKind == JsonValueKind.True)],
            [.. Tensors(node.GetProperty("outputs")).SelectMany(tensors => tensors)]);
    }

    private static List<IReadOnlyList<TracedTensor>> Tensors(JsonElement sides)
    {
        List<IReadOnlyList<TracedTensor>> arguments = [];
        JsonElement shapes = sides.GetProperty("shapes"), strides = sides.GetProperty("strides");
        foreach ((int i, JsonElement value) in sides.GetProperty("values").EnumerateArray().Index())
        {
            List<TracedTensor> tensors = [];
            Collect(value, shapes[i], strides[i], tensors);
            arguments.Add(tensors);
        }
        return arguments;
    }

    // A tensor is [its id, its storage's, where it begins, how many numbers, bytes of one, where it lies]; a list, what is in it.
    private static void Collect(JsonElement value, JsonElement shape, JsonElement strides, List<TracedTensor> tensors)
    {
        const int Element = 4, Place = 5, Facts = 6;
        if (value.ValueKind != JsonValueKind.Array) return;
        int count = value.GetArrayLength();
        if (count == Facts && value[Place].ValueKind == JsonValueKind.String && value[0].ValueKind == JsonValueKind.Number)
        {
            tensors.Add(new TracedTensor(Numbers(shape), Numbers(strides), value[Element].GetInt32(), value[Place].GetString() == "cpu"));
            return;
        }
        for (int i = 0; i < count && i < shape.GetArrayLength(); i++) Collect(value[i], shape[i], strides[i], tensors);
    }

    private static long[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(number => number.GetInt64())];
}
