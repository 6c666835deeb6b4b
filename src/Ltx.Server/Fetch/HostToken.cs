namespace Ltx.Server.Fetch;

/// <summary>A credential of the operator for one origin, sent as <c>Authorization: Bearer</c> to that origin only.</summary>
internal sealed class HostToken
{
    /// <summary>Scheme and host, with the port where it is not the scheme's own: <c>https://huggingface.co</c>.</summary>
    public string Origin { get; set; } = "";

    /// <summary>What is sent behind `Bearer`.</summary>
    public string Token { get; set; } = "";
}
