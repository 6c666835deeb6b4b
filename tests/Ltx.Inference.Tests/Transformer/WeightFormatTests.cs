using Ltx.Inference.Lora;
using Ltx.Inference.Native;
using Ltx.Inference.Tests.Lora;
using Ltx.Inference.Tests.Weights;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Transformer;

/// <summary>The transformer with its weights in float8: from a file that has them so, and rounded while it loads.</summary>
public sealed class WeightFormatTests(ITestOutputHelper output) : IDisposable
{
    // The project's gate: a pass in float8 may be so many times further from float32 than one in bfloat16.
    private const double Gate = 4;

    private const string Prefix = "model.diffusion_model.", Rounded = "transformer_blocks.1.attn1.to_q", Kept = "transformer_blocks.0.attn1.to_q";

    private static readonly string Golden = ModelFolder.Open(System.IO.Path.Combine(Repository.Goldens, "model")).Checkpoint;
    private static readonly string Miniature = ModelFolder.Open(Repository.Miniature).Checkpoint;

    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    public static TheoryData<string> Models => new(Golden, Miniature);

    [Fact]
    public void What_the_file_has_in_float8_is_kept_in_float8_and_the_rest_as_it_is()
    {
        using Float8Checkpoint file = new(Golden);
        using Checkpoint checkpoint = Checkpoint.Open(file.Path);
        using LtxTransformer transformer = new(checkpoint, CPU, ScalarType.BFloat16);
        Assert.NotEmpty(file.Layers);
        foreach ((string name, LinearSlot linear) in transformer.Linears)
        {
            bool rounded = file.Layers.Contains(Prefix + name);
            Assert.True(rounded == linear.Weight is Float8Weight, name);
            if (rounded) Assert.Equal(Float8.Type, linear.Weight.Tensors[0].dtype);
            else Assert.Equal(ScalarType.BFloat16, linear.Weight.Tensors[0].dtype);
        }
        // One number each and one scale a row.
        LinearSlot one = transformer.Linears[Rounded];
        Assert.Equal(one.InFeatures * one.OutFeatures + 4 * one.OutFeatures, one.Weight.Bytes);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_pass_in_float8_stays_within_the_gate(string source)
    {
        using Float8Checkpoint matrices = new(source), rows = new(source, perRow: true);
        Tensor exact = Pass(source, ScalarType.Float32);
        double bfloat16 = RandomPass.Error(Pass(source, ScalarType.BFloat16), exact);
        foreach ((string name, string file, WeightFormat format) in new[] { ("a file's, one scale a matrix", matrices.Path, WeightFormat.Checkpoint), ("a file's, one scale a row", rows.Path, WeightFormat.Checkpoint), ("rounded at load", source, WeightFormat.Float8) })
        {
            double error = RandomPass.Error(Pass(file, ScalarType.BFloat16, format), exact);
            output.WriteLine($"{name}: {error:e2}, {error / bfloat16:0.00} times bfloat16's {bfloat16:e2}");
            Assert.InRange(error, bfloat16, Gate * bfloat16);
        }
    }

    [Fact]
    public void With_activations_rounded_as_tensor_cores_want_them_it_stays_within_the_gate()
    {
        using Float8Checkpoint file = new(Golden);
        Tensor exact = Pass(Golden, ScalarType.Float32);
        double bfloat16 = RandomPass.Error(Pass(Golden, ScalarType.BFloat16), exact);
        foreach ((string source, WeightFormat format) in new[] { (file.Path, WeightFormat.Checkpoint), (Golden, WeightFormat.Float8) })
        {
            using Checkpoint checkpoint = Checkpoint.Open(source);
            using LtxTransformer transformer = new(checkpoint, CPU, ScalarType.BFloat16, format);
            double weightsOnly = RandomPass.Error(RandomPass.Run(transformer), exact);
            TensorCoreWeight.PlaceIn(transformer.Linears.Values);
            double error = RandomPass.Error(RandomPass.Run(transformer), exact);
            output.WriteLine($"{format}: {error / bfloat16:0.00} times bfloat16's, {weightsOnly / bfloat16:0.00} with exact activations");
            Assert.InRange(error, weightsOnly, Gate * bfloat16);
        }
    }

    [Fact]
    public void In_float32_the_product_is_that_of_the_exact_values()
    {
        using Float8Checkpoint file = new(Golden);
        using Checkpoint checkpoint = Checkpoint.Open(file.Path);
        using LtxTransformer kept = new(checkpoint, CPU, ScalarType.Float32), full = new(checkpoint, CPU, ScalarType.Float32, WeightFormat.Full);
        Assert.All(full.Linears.Values, linear => Assert.IsType<DenseWeight>(linear.Weight));
        Assert.IsType<Float8Weight>(kept.Linears[Rounded].Weight);
        Assert.Equal(0, RandomPass.Error(RandomPass.Run(kept), RandomPass.Run(full)));
        // The values themselves: number times scale.
        using SafetensorsFile tensors = SafetensorsFile.Open(file.Path);
        Tensor Of(string name) => tensors.View(tensors.Tensors[Prefix + Rounded + name]).to(ScalarType.Float32);
        Assert.True(full.Linears[Rounded].Weight.Tensors[0].equal(Of(".weight") * Of(".weight_scale")).all().item<bool>());
    }

    [Fact]
    public void Rounded_at_load_are_the_blocks_products_and_neither_gates_nor_ends()
    {
        using Checkpoint checkpoint = Checkpoint.Open(Golden);
        using LtxTransformer transformer = new(checkpoint, CPU, ScalarType.BFloat16, WeightFormat.Float8);
        foreach ((string name, LinearSlot linear) in transformer.Linears)
        {
            Assert.True(linear.Weight is Float8Weight == (name.StartsWith("transformer_blocks.", StringComparison.Ordinal) && !name.Contains("gate", StringComparison.Ordinal)), name);
        }
    }

    [Fact]
    public void A_LoRA_on_a_float8_weight_is_added_to_its_exact_values_and_rounded_once()
    {
        using Float8Checkpoint file = new(Golden);
        using Checkpoint checkpoint = Checkpoint.Open(file.Path);
        using LtxTransformer transformer = new(checkpoint, CPU, ScalarType.BFloat16);
        using LoraFolder folder = new();
        LinearSlot rounded = transformer.Linears[Rounded], dense = transformer.Linears[Kept];
        Tensor pristine = rounded.Weight.ToFloat32(), plain = dense.Weight.ToFloat32(), before = RandomPass.Run(transformer);
        using LoraFile lora = folder.Open("a.safetensors", [.. new[] { Rounded, Kept }.Select(layer => LoraPart.Filled("diffusion_model." + layer, rounded.InFeatures, rounded.OutFeatures, 0.25f, 0.125f))]);
        LoraMerger merger = new(transformer.Weights);
        merger.Use([new LoraUse(lora, 0.5)]);
        // Two ranks of 0.25 * 0.125 at half the strength, exact in every step.
        Float8Weight expected = Float8Weight.Rounded(pristine + 0.03125f);
        Assert.True(rounded.Weight.ToFloat32().equal(expected.ToFloat32()).all().item<bool>());
        Assert.True(dense.Weight.ToFloat32().allclose(plain + 0.03125f, 1e-2, 1e-3));
        Assert.IsType<DenseWeight>(dense.Weight);
        Assert.True(RandomPass.Error(RandomPass.Run(transformer), before) > 1e-3);
        merger.Use([]);
        Assert.Equal(0, RandomPass.Error(RandomPass.Run(transformer), before));
        expected.Dispose();
    }

    [Fact]
    public void A_float8_weight_without_its_scale_is_refused_by_name()
    {
        using Float8Checkpoint file = new(Golden, leave: Prefix + Rounded + ".weight_scale");
        using Checkpoint checkpoint = Checkpoint.Open(file.Path);
        WeightsException refused = Assert.Throws<WeightsException>(() => new LtxTransformer(checkpoint, CPU, ScalarType.Float32));
        Assert.Equal($"{file.Path}: tensor \"{Prefix}{Rounded}.weight\" is float8, and its scale \"{Prefix}{Rounded}.weight_scale\" is missing.", refused.Message);
    }

    [Fact]
    public void Rows_are_rounded_each_by_its_own_scale_and_nothing_becomes_too_large()
    {
        Tensor x = cat([Seeded.Normal(1, [3, 64]), zeros(1, 64), Seeded.Normal(2, [1, 64]) * 1e20f, full([1, 64], 448.49f)]);
        (Tensor values, Tensor scale) = Float8.QuantizeRows(x);
        Tensor back = values.to(ScalarType.Float32) * scale;
        Assert.Equal([6, 1], scale.shape);
        Assert.True(back.isfinite().all().item<bool>());
        // Three bits behind the leading one: half a unit of the last is a sixteenth, and below the smallest normal number, 2^-6, it is 2^-10.
        Tensor allowed = x.abs() / 16 + scale * Math.Pow(2, -10);
        Assert.True((back - x).abs().less_equal(allowed * 1.0001f).all().item<bool>());
        Assert.Equal(448, values.to(ScalarType.Float32).abs().amax([1])[0].item<float>());
    }

    [Fact]
    public void The_scaled_product_by_name_is_the_product_of_the_scaled_values()
    {
        // libtorch's CPU knows one scale a matrix, which is a scale a row where there is one row: the call and its arguments are the same.
        Tensor a = Float8.QuantizeRows(Seeded.Normal(1, [1, 32])).Values, b = Float8.QuantizeRows(Seeded.Normal(2, [1, 32])).Values, bias = tensor(0.5f).reshape(1).to(ScalarType.BFloat16);
        Tensor product = Operators.ScaledProduct(a, b, full([1, 1], 0.25f), full([1, 1], 0.5f), bias);
        Tensor exact = (a.to(ScalarType.Float32) * 0.25f * (b.to(ScalarType.Float32) * 0.5f)).sum() + 0.5f;
        Assert.Equal(ScalarType.BFloat16, product.dtype);
        Assert.Equal([1, 1], product.shape);
        Assert.Equal(1, (product.to(ScalarType.Float32) / exact).item<float>(), 1e-2);
    }

    [Fact]
    public void Rows_that_are_rounded_and_multiplied_a_few_at_a_time_give_the_same_numbers()
    {
        // libtorch's CPU knows one scale a matrix: a row at a time is what it can be shown.
        Tensor x = Seeded.Normal(1, [2, 3, 32]).to(ScalarType.BFloat16), weight = Seeded.Normal(2, [1, 32]), bias = tensor(0.5f).reshape(1).to(ScalarType.BFloat16);
        (Tensor values, Tensor scale) = Float8.QuantizeRows(weight);
        Tensor blocks = Float8Weight.MultiplyRounded(x, values, scale, bias, workspace: 1), rows = x.reshape(-1, 32);
        Tensor single = cat([.. Enumerable.Range(0, 6).Select(row =>
        {
            (Tensor rounded, Tensor rowScale) = Float8.QuantizeRows(rows.narrow(0, row, 1));
            return Operators.ScaledProduct(rounded, values, rowScale, scale, bias);
        })]);
        Assert.Equal([2, 3, 1], blocks.shape);
        Assert.True(blocks.reshape(-1, 1).equal(single).all().item<bool>());
    }

    [Fact]
    public void In_bfloat16_a_float8_weight_is_multiplied_as_the_numbers_nearest_to_its_exact_values()
    {
        using Float8Weight weight = Float8Weight.Rounded(Seeded.Normal(1, [24, 32]));
        Assert.True(weight.Multiply(eye(32).to(ScalarType.BFloat16), null).t().equal(weight.ToFloat32().to(ScalarType.BFloat16)).all().item<bool>());
    }

    private static Tensor Pass(string checkpointFile, ScalarType type, WeightFormat format = WeightFormat.Checkpoint)
    {
        using Checkpoint checkpoint = Checkpoint.Open(checkpointFile);
        using LtxTransformer transformer = new(checkpoint, CPU, type, format);
        return RandomPass.Run(transformer);
    }
}
