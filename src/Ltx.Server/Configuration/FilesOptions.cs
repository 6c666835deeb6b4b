using System.ComponentModel.DataAnnotations;

namespace Ltx.Server.Configuration;

/// <summary>Uploads and outputs on disk.</summary>
internal sealed class FilesOptions : ICheckedOptions
{
    /// <summary>How long an output is kept unless the request says otherwise.</summary>
    public TimeSpan OutputLifetime { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long an upload is kept unless the upload says otherwise.</summary>
    public TimeSpan UploadLifetime { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long an upload may stay unfinished.</summary>
    public TimeSpan UnfinishedUploadLifetime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>The largest single upload, 4 GiB: above the 3 GiB that a LoRA may have.</summary>
    [Range(1, long.MaxValue)]
    public long MaxUploadBytes { get; set; } = 4L << 30;

    /// <summary>What uploads and outputs may take together. 0 = as much as the disk has.</summary>
    [Range(0, long.MaxValue)]
    public long MaxTotalBytes { get; set; }

    /// <summary>New work and uploads are refused once the disk has less free space than this.</summary>
    [Range(0, long.MaxValue)]
    public long MinFreeBytes { get; set; } = 2L << 30;

    /// <summary>Uploads that may be written at the same time; others wait their turn for `UploadWaitSeconds`, then get 503.</summary>
    [Range(1, 10_000)]
    public int ConcurrentUploads { get; set; } = 16;

    /// <summary>How long an upload waits for its turn.</summary>
    [Range(0, 3600)]
    public double UploadWaitSeconds { get; set; } = 60;

    public IEnumerable<string> Check()
    {
        foreach (var (name, value) in new[] { (nameof(OutputLifetime), OutputLifetime), (nameof(UploadLifetime), UploadLifetime), (nameof(UnfinishedUploadLifetime), UnfinishedUploadLifetime) })
        {
            if (value <= TimeSpan.Zero)
            {
                yield return $"Files:{name}: must be longer than zero (days.hours:minutes:seconds, for instance 7.00:00:00)";
            }
        }
    }
}
