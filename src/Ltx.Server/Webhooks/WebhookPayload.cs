using Ltx.Server.Fal;
using Ltx.Server.Queue;

namespace Ltx.Server.Webhooks;

/// <summary>A webhook's body, keys in fal's order (sorted).</summary>
internal sealed class WebhookPayload(ResultBody results)
{
    public async Task<byte[]> CreateAsync(StoredRequest request, CancellationToken ct)
    {
        using MemoryStream payload = new();
        var missing = await results.WriteAsync(request, () => payload, ct);
        return FalJson.Bytes(json =>
        {
            json.WriteStartObject();
            json.WriteString("error", request.StatusCode == 200 ? null : $"Unexpected status code: {request.StatusCode}");
            json.WriteString("gateway_request_id", request.Id);
            json.WritePropertyName("payload");
            if (missing is null)
            {
                json.WriteRawValue(payload.GetBuffer().AsSpan(0, (int)payload.Length), skipInputValidation: true);
            }
            else
            {
                json.WriteNullValue();
                json.WriteString("payload_error", missing.Text);
            }

            json.WriteString("request_id", request.Id);
            json.WriteString("status", request.StatusCode == 200 ? "OK" : "ERROR");
            json.WriteEndObject();
        });
    }
}
