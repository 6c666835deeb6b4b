using System.ComponentModel.DataAnnotations;

namespace Ltx.Server.Configuration;

/// <summary>Delivery of webhooks.</summary>
internal sealed class WebhooksOptions : ICheckedOptions
{
    /// <summary>Pauses before each retry: ten retries in two hours, as fal documents.</summary>
    public double[] RetrySeconds { get; set; } = [5, 15, 30, 60, 150, 300, 600, 1200, 1800, 3000];

    /// <summary>How long a receiver may take for the first try.</summary>
    [Range(0.1, 600)]
    public double FirstTimeoutSeconds { get; set; } = 15;

    /// <summary>How long a receiver may take for a retry.</summary>
    [Range(0.1, 600)]
    public double RetryTimeoutSeconds { get; set; } = 120;

    /// <summary>Webhooks of one key on their way at the same time.</summary>
    [Range(1, 256)]
    public int Concurrency { get; set; } = 8;

    /// <summary>Of those, webhooks to one host: one that never answers leaves the others their turns.</summary>
    [Range(1, 256)]
    public int ConcurrencyPerHost { get; set; } = 4;

    /// <summary>The `X-Fal-Webhook-User-Id`; receivers reject an empty one.</summary>
    [Required, RegularExpression("^[A-Za-z0-9._|@:-]{1,128}$")]
    public string UserId { get; set; } = "ltx";

    public IEnumerable<string> Check()
    {
        if (RetrySeconds.Any(s => s is < 0 or > 86400 || double.IsNaN(s)))
        {
            yield return "Webhooks:RetrySeconds: every pause must be between 0 and 86400 seconds";
        }
    }
}
