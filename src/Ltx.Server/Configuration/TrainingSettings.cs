using System.ComponentModel.DataAnnotations;

namespace Ltx.Server.Configuration;

/// <summary>The trainers.</summary>
internal sealed class TrainingSettings
{
    /// <summary>Whether this server trains. Where it does not, a trainer answers so.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>The largest data set, as a zip: 20 GiB. An upload of a zip may have as much, be `Files:MaxUploadBytes` less.</summary>
    [Range(1, long.MaxValue)]
    public long MaxDataSetBytes { get; set; } = 20L << 30;

    /// <summary>Bytes of all files of a zip, unpacked. Videos do not become smaller in one.</summary>
    [Range(1, long.MaxValue)]
    public long MaxUnpackedBytes { get; set; } = 20L << 30;

    /// <summary>Files of a zip (fal's neighbouring trainers take 1000).</summary>
    [Range(1, 1_000_000)]
    public int MaxFiles { get; set; } = 1000;

    /// <summary>Steps after which a state is kept: what a crash loses at most.</summary>
    [Range(1, 20_000)]
    public int CheckpointSteps { get; set; } = 250;

    /// <summary>The longest that one attempt may take; then it ends as `generation_timeout`. 20,000 steps of six seconds are 34 hours.</summary>
    [Range(1, 4_000_000)]
    public double TimeoutSeconds { get; set; } = 7 * 86400;
}
