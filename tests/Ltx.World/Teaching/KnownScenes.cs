using Ltx.Inference.Weights;
using Ltx.Training;
using Ltx.World.Scenes;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.World.Teaching;

/// <summary>
/// The miniature's own world to train it with, as the product will show it: what is kept of the source is encoded with another subject than the wanted
/// one, so that cells beside the mask know what stood there, and not what is to stand there. Stages with all their subjects are encoded once and kept.
/// </summary>
internal sealed class KnownScenes : ISampleSource
{
    // Of one stage, besides nothing.
    private const int Subjects = 5;

    private const string Keep = "keep", Guide = "guide";

    private readonly SceneEncoder encoder;
    private readonly List<Stage> stages = [];

    /// <param name="folder">of what is kept; it is there</param>
    /// <param name="halves">stages at half their size, which the pipeline's first stage decides by</param>
    /// <param name="wholes">others at their full size</param>
    /// <param name="tell">told how many are encoded</param>
    public KnownScenes(SceneEncoder encoder, string folder, int halves, int wholes, Action<int> tell)
    {
        this.encoder = encoder;
        for (int number = 0; number < halves + wholes; number++)
        {
            string file = Path.Combine(folder, $"{(number < halves ? "half" : "whole")}-{number:D5}.safetensors");
            (Scene scene, IReadOnlyList<Subject?> subjects) = Worlds.Stage(number, Subjects);
            if (!File.Exists(file)) Write(file, scene, subjects, number < halves);
            stages.Add(Read(file, subjects));
            tell(stages.Count);
        }
    }

    /// <summary>Every subject of every stage.</summary>
    public int Count => stages.Count * (Subjects + 1);

    public TrainingSample Read(int index)
    {
        (int number, int wanted) = (index / (Subjects + 1), index % (Subjects + 1));
        (Stage stage, int given) = (stages[number], (wanted + 1 + number % Subjects) % (Subjects + 1));
        IReadOnlyList<string> prompts = stage.Subjects[wanted] is { } subject ? Prompts.Of(subject.Name) : Prompts.Empty;
        Tensor latent = where(stage.Keep.unsqueeze(1), stage.Clips[given], stage.Clips[wanted]);
        // Most requests are of the shortest form.
        string prompt = prompts[index % 4 % prompts.Count];
        return new TrainingSample(latent, Scene.FramesPerSecond, encoder.Context(prompt).alias(), stage.Keep.alias(), new ReferenceLatent(stage.Guide.alias(), Scene.FramesPerSecond));
    }

    private void Write(string file, Scene scene, IReadOnlyList<Subject?> subjects, bool half)
    {
        using var scope = NewDisposeScope();
        (Tensor keep, Tensor guide) = encoder.Mask(scene, half);
        Dictionary<string, Tensor> tensors = new() { [Keep] = keep.to(ScalarType.Float32), [Guide] = guide };
        foreach ((int i, Subject? subject) in subjects.Index()) tensors[Name(i)] = encoder.Clip((scene with { Wanted = subject }).Target, half);
        TensorFile.Write(file, tensors, new Dictionary<string, string>());
    }

    private static Stage Read(string file, IReadOnlyList<Subject?> subjects)
    {
        using SafetensorsFile kept = SafetensorsFile.Open(file);
        Tensor Copy(string name)
        {
            using Tensor view = kept.View(kept.Tensors[name]);
            return view.clone();
        }
        using Tensor keep = Copy(Keep);
        return new Stage(subjects, keep > 0, Copy(Guide), [.. subjects.Index().Select(subject => Copy(Name(subject.Index)))]);
    }

    private static string Name(int subject) => $"clip{subject}";

    private sealed record Stage(IReadOnlyList<Subject?> Subjects, Tensor Keep, Tensor Guide, IReadOnlyList<Tensor> Clips);
}
