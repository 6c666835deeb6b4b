namespace Ltx.Server.Configuration;

/// <summary>Logs, metrics and traces.</summary>
internal sealed class TelemetryOptions : ICheckedOptions
{
    /// <summary>`text` for people, `json` for collectors.</summary>
    public string LogFormat { get; set; } = "text";

    /// <summary>Least level that is logged: Trace, Debug, Information, Warning, Error.</summary>
    public LogLevel LogLevel { get; set; } = LogLevel.Information;

    /// <summary>An OTLP collector (http://collector:4317). Without it nothing is exported.</summary>
    public string? OtlpEndpoint { get; set; }

    /// <summary>Serve /metrics to everybody instead of loopback callers and holders of a key.</summary>
    public bool PublicMetrics { get; set; }

    public IEnumerable<string> Check()
    {
        if (LogFormat is not ("text" or "json"))
        {
            yield return $"Telemetry:LogFormat: '{LogFormat}' is neither text nor json";
        }

        if (OtlpEndpoint is not null && (!Uri.TryCreate(OtlpEndpoint, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")))
        {
            yield return $"Telemetry:OtlpEndpoint: '{OtlpEndpoint}' is not an http or https address";
        }
    }
}
