using Ltx.Inference.Measuring;
using Ltx.Inference.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Measuring;

public sealed class AttentionKernelTests
{
    [Fact]
    public void A_processor_computes_it_with_the_flash_kernel()
    {
        AttentionKernel kernel = AttentionKernel.Of(CPU, ScalarType.Float32);
        Assert.Equal(new AttentionKernel("flash", null, IsSlow: false), kernel);
        Assert.Equal(("flash", null), (kernel.Sentence, kernel.Advice));
    }

    [Fact]
    public void It_is_libtorchs_choice_and_not_ours()
    {
        using var scope = NewDisposeScope();
        Tensor queries = zeros([1, 4, 8, 16]), wide = zeros([1, 4, 8, 32]);
        Assert.Equal((1, 0), (Operators.ChosenAttention(queries, queries, queries), Operators.ChosenAttention(queries, queries, wide)));
    }

    [Fact]
    public void A_card_that_could_do_better_is_told_how() =>
        Assert.Contains(LibTorch.FolderVariable, new AttentionKernel("flash", "9.10.2", IsSlow: true).Advice, StringComparison.Ordinal);
}
