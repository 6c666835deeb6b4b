using System.Globalization;

namespace Ltx.Training.Checkpoints;

/// <summary>What a training leaves in its folder.</summary>
internal sealed class TrainingFolder
{
    private readonly string stem;

    /// <param name="path">made where it is not there</param>
    /// <param name="full">whether what is learned is a whole checkpoint</param>
    public TrainingFolder(string path, bool full = false)
    {
        (Path, stem) = (path, full ? "checkpoint" : "lora");
        Directory.CreateDirectory(path);
        Log = new LossLog(System.IO.Path.Combine(path, "loss.csv"));
    }

    public string Path { get; }

    /// <summary>One line a step.</summary>
    public LossLog Log { get; }

    /// <summary>From where a training goes on.</summary>
    public string State => System.IO.Path.Combine(Path, "state.safetensors");

    /// <summary>What was learned in the end.</summary>
    public string Final => System.IO.Path.Combine(Path, stem + ".safetensors");

    /// <summary>What was learned after so many steps.</summary>
    public string Learned(int step, int steps) =>
        step >= steps ? Final : System.IO.Path.Combine(Path, string.Create(CultureInfo.InvariantCulture, $"{stem}_step_{step:D5}.safetensors"));
}
