using Ltx.Server.Fal;

namespace Ltx.Server.Playground;

/// <summary>Something in a body is not as it must be. Caught by the body's reader.</summary>
internal sealed class JsonFieldException(FalDetail detail) : Exception(detail.Message)
{
    public FalDetail Detail { get; } = detail;
}
