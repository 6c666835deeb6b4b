using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.TextEncoder.Vision;

/// <summary>
/// Makes of a picture what the tower was trained with: stretched to its square, scaled, normalised; all of it as the model's
/// <c>preprocessor_config.json</c> says (Gemma3ImageProcessor of huggingface/transformers, which resizes with Pillow).
/// </summary>
internal sealed class ImagePreprocessor
{
    /// <summary>Its name in a folder with a text encoder.</summary>
    public const string FileName = "preprocessor_config.json";

    // Pillow's number for a bilinear filter.
    private const int Bilinear = 2;

    // Pillow counts a picture's shares in whole numbers of so many bits (Resample.c), which float64 adds up without rounding.
    private const double ShareBits = 1 << 22;

    private readonly int side;
    private readonly double scale;
    private readonly float[] mean, deviation;

    private ImagePreprocessor(ConfigSection config, VisionConfig vision)
    {
        foreach (string step in (ReadOnlySpan<string>)["do_resize", "do_rescale", "do_normalize"]) config.Expect(step, true, whenAbsent: true);
        config.Expect("do_pan_and_scan", false, whenAbsent: false);
        config.Expect("resample", Bilinear, whenAbsent: Bilinear);
        config.Expect("image_seq_length", vision.Tokens, whenAbsent: vision.Tokens);
        ConfigSection size = config.Section("size");
        foreach (string axis in (ReadOnlySpan<string>)["height", "width"]) size.Expect(axis, vision.ImageSize);
        side = vision.ImageSize;
        scale = config.Double("rescale_factor", 1 / 255.0);
        (mean, deviation) = (PerChannel(config, "image_mean"), PerChannel(config, "image_std"));
        if (deviation.Contains(0)) throw config.Fault("image_std has a zero");
    }

    /// <exception cref="WeightsException">The folder has no such file, or it asks for something that is not built here.</exception>
    public static ImagePreprocessor Read(string folder, VisionConfig vision)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) throw new WeightsException($"{folder} has no {FileName}, so the text model cannot be shown pictures.");
        return new ImagePreprocessor(JsonFile.Read(path), vision);
    }

    /// <returns>[1, 3, S, S] float32 on the CPU</returns>
    /// <exception cref="InferenceException">The picture's bytes are not of its size.</exception>
    public Tensor Prepare(Picture picture)
    {
        using var scope = NewDisposeScope();
        Tensor offset = tensor(mean).view(1, 3, 1, 1), divisor = tensor(deviation).view(1, 3, 1, 1);
        return ((Resize(picture) * scale - offset) / divisor).MoveToOuterDisposeScope();
    }

    /// <summary>The picture in whole levels from 0 to 255, stretched to the square.</summary>
    /// <returns>[1, 3, S, S] float32 on the CPU</returns>
    internal Tensor Resize(Picture picture)
    {
        if (picture.Pixels.Length != picture.Width * picture.Height * 3) throw new InferenceException(Fault.Internal, $"A picture for the text model has {picture.Pixels.Length} bytes, which are not {picture.Width}x{picture.Height} pixels.");
        using var scope = NewDisposeScope();
        // [H, W, 3] -> [1, 3, H, W] -> [1, 3, H, S] -> [1, 3, S, S]; each axis by itself, with bytes between, as Pillow has it
        Tensor pixels = tensor(picture.Pixels, [1, picture.Height, picture.Width, 3], ScalarType.Byte).permute(0, 3, 1, 2).to(ScalarType.Float64);
        Tensor wide = Stretched(pixels);
        return Stretched(wide.transpose(2, 3)).transpose(2, 3).to(ScalarType.Float32).contiguous().MoveToOuterDisposeScope();
    }

    // The last axis of [..., n], n -> S.
    private Tensor Stretched(Tensor x)
    {
        int from = (int)x.shape[^1];
        return from == side ? x : (nn.functional.linear(x, tensor(Filter(from, side), [side, from])) + 0.5).floor().clamp(0, 255);
    }

    // [to, from]: each output's share of every input. A triangle as wide as two inputs, or two outputs where those are wider, cut at the edges.
    private static double[] Filter(int from, int to)
    {
        double step = (double)from / to, reach = Math.Max(step, 1);
        double[] filter = new double[to * from];
        for (int i = 0; i < to; i++)
        {
            double centre = (i + 0.5) * step;
            double[] shares = [.. Enumerable.Range(0, from).Select(j => Math.Max(0, 1 - Math.Abs(j + 0.5 - centre) / reach))];
            double sum = shares.Sum();
            for (int j = 0; j < from; j++) filter[i * from + j] = Math.Floor(shares[j] / sum * ShareBits + 0.5) / ShareBits;
        }
        return filter;
    }

    private static float[] PerChannel(ConfigSection config, string key) => config.Doubles(key) is { Count: 3 } values ? [.. values.Select(value => (float)value)] : throw config.Fault($"{key} has not three numbers");
}
