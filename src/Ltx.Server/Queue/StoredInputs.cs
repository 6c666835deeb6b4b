using Ltx.Server.Configuration;
using Ltx.Server.Fal;

namespace Ltx.Server.Queue;

/// <summary>The inputs of a request that has been taken in: its JSON as it was stored, and the files that it names, on the local disk.</summary>
internal sealed class StoredInputs(LtxOptions options, RequestStore store, InputFetcher fetcher)
{
    /// <summary>All inputs, or what is wrong with them. With Fal:ValidateAtSubmit the JSON has been read once, and only the files can be.</summary>
    public async Task<(FetchedInputs? Inputs, InputProblem? Problem)> FetchAsync(LiveRequest request, CancellationToken ct)
    {
        var reading = Read(request);
        return reading.Input is { } input ? await fetcher.FetchAsync(input, ct) : (null, new InputProblem(reading.Problems, null));
    }

    /// <summary>What the request asks for.</summary>
    public InputReading Read(LiveRequest request)
    {
        var bytes = store.Input(request.Id) ?? throw new InvalidDataException($"The input of request {request.Id} is missing from the data folder.");
        var (document, error) = JsonInput.Parse(bytes, options.Limits.MaxJsonDepth);
        if (document is null)
        {
            return new InputReading(null, [error!]);
        }

        using (document)
        {
            return InputReader.Read(request.Stored.Application, document.RootElement);
        }
    }
}
