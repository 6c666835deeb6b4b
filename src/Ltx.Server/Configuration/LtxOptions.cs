namespace Ltx.Server.Configuration;

/// <summary>Every setting of `ltx serve`, one property a section. Read and checked once, before anything starts.</summary>
internal sealed class LtxOptions
{
    public ServerOptions Server { get; init; } = new();

    public FalOptions Fal { get; init; } = new();

    public InpaintSettings Inpaint { get; init; } = new();

    public TrainingSettings Training { get; init; } = new();

    public SafetyOptions Safety { get; init; } = new();

    public QueueOptions Queue { get; init; } = new();

    public FilesOptions Files { get; init; } = new();

    public AuthOptions Auth { get; init; } = new();

    public LimitsOptions Limits { get; init; } = new();

    public WebhooksOptions Webhooks { get; init; } = new();

    public TlsOptions Tls { get; init; } = new();

    public TelemetryOptions Telemetry { get; init; } = new();
}
