using Ltx.Inference.Weights;
using Ltx.Training;
using Ltx.World.Scenes;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.World.Teaching;

/// <summary>
/// The miniature's own world to train it with: so many scenes at half their size, which the first stage decides by, and then others at their full
/// size. Each is encoded when it is first asked for, and kept in a folder.
/// </summary>
/// <param name="folder">of what is kept; it is there</param>
/// <param name="halves">scenes at half their size</param>
/// <param name="wholes">scenes at their full size</param>
internal sealed class KnownScenes(SceneEncoder encoder, string folder, int halves, int wholes) : ISampleSource
{
    private const string Latent = "latent", Keep = "keep", Guide = "guide";

    public int Count => halves + wholes;

    public TrainingSample Read(int index)
    {
        Scene scene = Worlds.Known(index);
        string file = Path.Combine(folder, $"{(index < halves ? "half" : "whole")}-{index:D5}.safetensors");
        if (!File.Exists(file)) Write(file, scene, index < halves);
        using SafetensorsFile kept = SafetensorsFile.Open(file);
        Tensor Copy(string name)
        {
            using Tensor view = kept.View(kept.Tensors[name]);
            return view.clone();
        }
        using Tensor keep = Copy(Keep);
        return new TrainingSample(Copy(Latent), Scene.FramesPerSecond, encoder.Context(scene.Prompt).alias(), keep > 0, new ReferenceLatent(Copy(Guide), Scene.FramesPerSecond));
    }

    private void Write(string file, Scene scene, bool half)
    {
        using var scope = NewDisposeScope();
        (Tensor latent, Tensor keep, Tensor guide) = encoder.Encode(scene, half);
        Dictionary<string, Tensor> tensors = new() { [Latent] = latent, [Keep] = keep.to(ScalarType.Float32), [Guide] = guide };
        TensorFile.Write(file, tensors, new Dictionary<string, string> { ["prompt"] = scene.Prompt });
    }
}
