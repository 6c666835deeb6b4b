using System.Diagnostics.Metrics;
using Ltx.Server.Files;
using Ltx.Server.Observability;

namespace Ltx.Server.Queue;

/// <summary>What is measured when somebody looks: queue depth, disk, GPU memory.</summary>
internal sealed class QueueGauges
{
    public QueueGauges(ServerMetrics metrics, RequestQueue queue, WebhookQueue webhooks, DiskBudget disk, IInpaintRunner runner)
    {
        metrics.Meter.CreateObservableGauge("ltx.queue.depth", () => Enum.GetValues<Lane>().Select(lane =>
            new Measurement<long>(queue.WaitingIn(lane), new KeyValuePair<string, object?>("priority", LaneName(lane)))), null, "Waiting requests");
        metrics.Meter.CreateObservableGauge("ltx.queue.running", () => (long)queue.Running.Count(), null, "Running requests");
        metrics.Meter.CreateObservableGauge("ltx.webhook.owed", webhooks.CountOwed, null, "Webhooks not yet acknowledged");
        metrics.Meter.CreateObservableGauge("ltx.files.used", () => disk.UsedBytes, "By", "Bytes of uploads, outputs and trainings");
        metrics.Meter.CreateObservableGauge("ltx.disk.free", () => disk.FreeBytes, "By", "Free bytes on the disk of the data folder");
        metrics.Meter.CreateObservableGauge("ltx.gpu.memory.used", () => runner.Memory.Select(m => Of(m.Used, m.Device)), "By", "GPU memory in use");
        metrics.Meter.CreateObservableGauge("ltx.gpu.memory.total", () => runner.Memory.Select(m => Of(m.Total, m.Device)), "By", "GPU memory in all");
    }

    private static string LaneName(Lane lane) => lane switch { Lane.High => "high", Lane.Low => "low", _ => "normal" };

    private static Measurement<long> Of(long value, string device) => new(value, new KeyValuePair<string, object?>("device", device));
}
