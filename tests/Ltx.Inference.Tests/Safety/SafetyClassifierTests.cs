using Ltx.Inference.Native;
using Ltx.Inference.Safety;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Safety;

[Collection(Alone.Name)]
[Trait(RecordedNumbers.Trait, RecordedNumbers.Compared)]
public class SafetyClassifierTests
{
    private static readonly string Weights = Path.Combine(Repository.Root, "models", "safety", SafetyClassifier.FileName);

    [Fact]
    public void It_says_what_the_package_says()
    {
        using SafetyClassifier classifier = new(Weights, CPU);
        (List<Picture> pictures, float[,] expected) = Golden();
        Assert.Equal(30, pictures.Count);
        IReadOnlyList<SafetyScores> scores = classifier.Classify(pictures);
        double[] highest = new double[5];
        for (int i = 0; i < pictures.Count; i++)
        {
            double[] own = Values(scores[i]);
            for (int c = 0; c < own.Length; c++)
            {
                Assert.True(Math.Abs(own[c] - expected[i, c]) <= 1e-3, $"Picture {i}, class {c}: {own[c]}, and the package says {expected[i, c]}.");
                highest[c] = Math.Max(highest[c], expected[i, c]);
            }
            Assert.Equal(1, own.Sum(), 6);
        }
        // A table in which a class never stands out would hold no one to anything.
        Assert.All(highest, value => Assert.True(value > 0.8, $"{value}"));
    }

    [Fact]
    public void Pictures_do_not_depend_on_their_neighbours_and_leave_nothing_behind()
    {
        (List<Picture> pictures, _) = Golden();
        long before = LiveTensors.Before();
        using (SafetyClassifier classifier = new(Weights, CPU))
        {
            long loaded = Tensor.TotalCount;
            double[] alone = Values(classifier.Classify([pictures[3]])[0]), among = Values(classifier.Classify(pictures.GetRange(0, 5))[3]);
            foreach ((double one, double other) in alone.Zip(among)) Assert.Equal(one, other, 5);
            Assert.Empty(classifier.Classify([]));
            Assert.Contains("not 4x4", Assert.Throws<InferenceException>(() => classifier.Classify([new Picture(new byte[47], 4, 4)])).Message, StringComparison.Ordinal);
            Assert.Equal(loaded, Tensor.TotalCount);
        }
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void Files_that_are_not_this_model_are_refused()
    {
        long before = LiveTensors.Before();
        Assert.Contains("does not exist", Refused(Path.Combine(Repository.Root, "models", "none.safetensors")), StringComparison.Ordinal);
        Assert.Contains("Conv1.kernel", Refused(Path.Combine(Repository.Miniature, "loras", "magenta.safetensors")), StringComparison.Ordinal);
        Assert.Equal(before, Tensor.TotalCount);
    }

    private static string Refused(string file) => Assert.Throws<WeightsException>(() => new SafetyClassifier(file, CPU).Dispose()).Message;

    private static double[] Values(SafetyScores scores) => [scores.Drawing, scores.Hentai, scores.Neutral, scores.Porn, scores.Sexy];

    private static (List<Picture> Pictures, float[,] Probabilities) Golden()
    {
        LibTorch.Load();
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(Repository.Goldens, "safety", "pictures.safetensors"));
        List<Picture> pictures = [];
        while (file.Tensors.TryGetValue($"picture.{pictures.Count}", out TensorEntry? entry))
        {
            using Tensor pixels = file.View(entry);
            pictures.Add(new Picture(pixels.data<byte>().ToArray(), (int)entry.Shape[1], (int)entry.Shape[0]));
        }
        using Tensor probabilities = file.View(file.Tensors["probabilities"]);
        float[,] table = new float[pictures.Count, 5];
        Buffer.BlockCopy(probabilities.data<float>().ToArray(), 0, table, 0, table.Length * sizeof(float));
        return (pictures, table);
    }
}
