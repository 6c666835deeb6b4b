using Ltx.Inference.Layers;
using Ltx.Inference.Tests.TextEncoder;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Layers;

/// <summary>One attention of the golden model, against the formula written out with its weights.</summary>
public sealed class AttentionTests : IDisposable
{
    private const string Name = "model.diffusion_model.transformer_blocks.0.attn1.";
    private const int Features = 64, Heads = 4;
    private const double Epsilon = 1e-6;

    private readonly DisposeScope scope = NewDisposeScope();
    private readonly ModelParts parts = new();
    private readonly ComponentWeights weights;
    private readonly Attention attention;
    private readonly Tensor x = randn([1, 6, Features], generator: new Generator(4));

    public AttentionTests()
    {
        weights = parts.Checkpoint.Component(Name, CPU, ScalarType.Float32);
        attention = new Attention(weights.Root, Features, Features, Heads, Features / Heads, gated: true, Epsilon);
    }

    public void Dispose()
    {
        weights.Dispose();
        parts.Dispose();
        scope.Dispose();
    }

    [Fact]
    public void It_is_softmax_of_normed_queries_and_keys_gated_a_head()
    {
        TokenGroups groups = new([2, 4], new[,] { { 1, 0.3 }, { 0.3, 1 } });
        Tensor bias = MaskedAttention.Bias(groups, ScalarType.Float32);
        Tensor q = PerHead(Norm(Project("to_q"), "q_norm")), k = PerHead(Norm(Project("to_k"), "k_norm")), v = PerHead(Project("to_v"));
        Tensor attended = einsum("bhts,bhsd->bhtd", (einsum("bhtd,bhsd->bhts", q, k) / Math.Sqrt(Features / Heads) + bias).softmax(-1), v);
        AssertNear(Out(attended), attention.Forward(x, x, groups: groups));
    }

    [Fact]
    public void Left_out_its_values_go_through_and_are_gated_all_the_same() => AssertNear(Out(PerHead(Project("to_v"))), attention.Forward(x, x, passValues: true));

    private Tensor Weight(string name, params long[] shape) => weights.Take(name, ScalarType.Float32, TensorRole.Weight, shape);

    private Tensor Project(string name) => nn.functional.linear(x, Weight(name + ".weight", Features, Features), Weight(name + ".bias", Features));

    // Over all heads together.
    private Tensor Norm(Tensor y, string name) => y / (y.square().mean([-1], keepdim: true) + Epsilon).sqrt() * Weight(name + ".weight", Features);

    private static Tensor PerHead(Tensor y) => y.view(1, 6, Heads, -1).transpose(1, 2);

    private Tensor Out(Tensor attended)
    {
        Tensor gate = 2 * nn.functional.linear(x, Weight("to_gate_logits.weight", Heads, Features), Weight("to_gate_logits.bias", Heads)).sigmoid();
        Tensor gated = (attended.transpose(1, 2) * gate.unsqueeze(-1)).flatten(2);
        return nn.functional.linear(gated, Weight("to_out.0.weight", Features, Features), Weight("to_out.0.bias", Features));
    }

    private static void AssertNear(Tensor expected, Tensor actual) => Assert.InRange(((actual - expected).norm() / expected.norm()).item<float>(), 0, 1e-5);
}
