using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Safety;

/// <summary>
/// Tells harmless pictures from indecent ones: the mobilenet_v2 model of the npm package nsfwjs (MIT), of which this repository carries
/// the weights. What follows from a score is the caller's to decide. One call at a time; not thread-safe.
/// </summary>
public sealed class SafetyClassifier : IDisposable
{
    /// <summary>The name of the file with the weights.</summary>
    public const string FileName = "mobilenet_v2.safetensors";

    /// <summary>Pixels a side of what it looks at: every picture is stretched to this.</summary>
    public const int Side = 224;

    // As many pictures at a time as keep memory small beside any clip.
    private const int Batch = 8;

    private const int StemChannels = 32, LastChannels = 1280;

    // Expansion, channels, blocks, stride of the first. Source: Sandler et al., "MobileNetV2", table 2.
    private static readonly (int Expansion, int Channels, int Blocks, int Stride)[] Stages = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)];

    private readonly Device device;
    private readonly TensorArchive archive;
    private readonly ComponentWeights weights;
    private readonly QuantizedConvolution stem, last;
    private readonly List<InvertedResidual> blocks = [];
    private readonly QuantizedConvolution[] head;

    /// <param name="path">the file with the weights</param>
    /// <param name="device">where to compute; always in float32</param>
    /// <exception cref="WeightsException">The file is missing, or does not hold this model.</exception>
    public SafetyClassifier(string path, Device device)
    {
        LibTorch.Load();
        this.device = device;
        archive = TensorArchive.Open(path);
        weights = new ComponentWeights(archive, "", CPU, ScalarType.Float32);
        try
        {
            WeightScope root = weights.Root;
            stem = QuantizedConvolution.Normalised(root, device, "Conv1", "bn_Conv1", 3, StemChannels, size: 3, stride: 2);
            int channels = StemChannels;
            foreach ((int expansion, int width, int count, int stride) in Stages)
            {
                for (int i = 0; i < count; i++)
                {
                    string name = blocks.Count == 0 ? "expanded_conv" : $"block_{blocks.Count}";
                    blocks.Add(new InvertedResidual(root, device, name, channels, width, expansion, i == 0 ? stride : 1));
                    channels = width;
                }
            }
            last = QuantizedConvolution.Normalised(root, device, "Conv_1", "Conv_1_bn", channels, LastChannels, size: 1);
            head = [QuantizedConvolution.Dense(root, device, "dense_1", LastChannels, 256), QuantizedConvolution.Dense(root, device, "dense_2", 256, 128), QuantizedConvolution.Dense(root, device, "dense_3", 128, 5)];
            weights.Complete();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Looks at pictures, each of any size.</summary>
    /// <returns>one entry a picture</returns>
    /// <exception cref="InferenceException">A picture's bytes are not of its size, or the numbers are not finite.</exception>
    public IReadOnlyList<SafetyScores> Classify(IReadOnlyList<Picture> pictures)
    {
        using var gradients = no_grad();
        List<SafetyScores> scores = [];
        foreach (Picture[] batch in pictures.Chunk(Batch))
        {
            using var scope = NewDisposeScope();
            Tensor logits = Forward(cat([.. batch.Select(Scaled)]));
            Tensor probabilities = logits.softmax(1).to(ScalarType.Float64).cpu();
            // What cannot be judged has not been judged to be harmless.
            if (!probabilities.isfinite().all().item<bool>()) throw new InferenceException(Fault.Internal, "The safety checker gave numbers that are not finite.");
            double[] p = probabilities.ToArray<double>();
            for (int i = 0; i < batch.Length; i++) scores.Add(new SafetyScores(p[5 * i], p[5 * i + 1], p[5 * i + 2], p[5 * i + 3], p[5 * i + 4]));
        }
        return scores;
    }

    public void Dispose()
    {
        weights.Dispose();
        archive.Dispose();
    }

    /// <param name="x">[N, 3, 224, 224] from 0 to 1</param>
    /// <returns>[N, 5] logits in the order of <see cref="SafetyScores"/></returns>
    internal Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = nn.functional.relu6(stem.Forward(x));
        foreach (InvertedResidual block in blocks) x = block.Forward(x);
        x = nn.functional.relu6(last.Forward(x)).mean([2, 3], keepdim: true);
        x = nn.functional.relu(head[0].Forward(x));
        x = nn.functional.relu(head[1].Forward(x));
        return head[2].Forward(x).flatten(1).MoveToOuterDisposeScope();
    }

    // [1, 3, 224, 224] from 0 to 1, as the package does it: stretched to a square, corners on corners.
    private Tensor Scaled(Picture picture)
    {
        if (picture.Pixels.Length != picture.Width * picture.Height * 3) throw new InferenceException(Fault.Internal, $"A picture to be checked has {picture.Pixels.Length} bytes, which are not {picture.Width}x{picture.Height} pixels.");
        using var scope = NewDisposeScope();
        // [H, W, 3] -> [1, 3, H, W], each channel a plane of its own: with channels side by side oneDNN's 1x1 convolution of several pictures of
        // 7x7 is off by 4 to 14 % on AMD EPYC (Zen 5, AVX-512, two threads; libtorch 2.10), and a score by a hundredth.
        Tensor pixels = tensor(picture.Pixels, [1, picture.Height, picture.Width, 3], ScalarType.Byte).to(device).permute(0, 3, 1, 2).contiguous().to(ScalarType.Float32) / 255f;
        if (picture.Width == Side && picture.Height == Side) return pixels.MoveToOuterDisposeScope();
        return nn.functional.interpolate(pixels, [Side, Side], mode: InterpolationMode.Bilinear, align_corners: true).MoveToOuterDisposeScope();
    }
}
