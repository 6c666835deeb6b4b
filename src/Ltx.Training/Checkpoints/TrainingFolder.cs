using System.Globalization;

namespace Ltx.Training.Checkpoints;

/// <summary>What a training leaves in its folder.</summary>
internal sealed class TrainingFolder
{
    /// <param name="path">made where it is not there</param>
    public TrainingFolder(string path)
    {
        Path = path;
        Directory.CreateDirectory(path);
        Log = new LossLog(System.IO.Path.Combine(path, "loss.csv"));
    }

    public string Path { get; }

    /// <summary>One line a step.</summary>
    public LossLog Log { get; }

    /// <summary>From where a training goes on.</summary>
    public string State => System.IO.Path.Combine(Path, "state.safetensors");

    /// <summary>What was learned in the end.</summary>
    public string Final => System.IO.Path.Combine(Path, "lora.safetensors");

    /// <summary>What was learned after so many steps.</summary>
    public string Learned(int step, int steps) =>
        step >= steps ? Final : System.IO.Path.Combine(Path, string.Create(CultureInfo.InvariantCulture, $"lora_step_{step:D5}.safetensors"));
}
