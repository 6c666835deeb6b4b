using System.Text.Json;

namespace Ltx.Server.Tests.Support;

/// <summary>One webhook as it arrived.</summary>
internal sealed record Delivery(string RequestId, string UserId, string Timestamp, string Signature, byte[] Body, string Query, string ContentType)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;
}
