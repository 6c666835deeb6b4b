using Ltx.Server.Configuration;
using Ltx.Server.Fal;

namespace Ltx.Server.Queue;

/// <summary>Reads the input of a request as it was stored.</summary>
internal sealed class StoredInputs(LtxOptions options, RequestStore store)
{
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
            return InputReader.Read(request.Stored.Endpoint, document.RootElement);
        }
    }
}
