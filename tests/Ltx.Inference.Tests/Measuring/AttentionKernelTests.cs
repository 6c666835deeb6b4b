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
        Assert.Contains(LibTorch.FolderVariable, new AttentionKernel("flash", new CudnnVersion(91002), IsSlow: true).Advice, StringComparison.Ordinal);

    [Theory]
    [InlineData(91002, "9.10.2", true)]
    [InlineData(91500, "9.15.0", true)]
    [InlineData(91501, "9.15.1", false)]
    [InlineData(100000, "10.0.0", false)]
    public void A_cudnn_is_old_up_to_the_last_one_whose_attention_is_not_used(ulong number, string text, bool isOld)
    {
        CudnnVersion version = new(number);
        Assert.Equal((text, isOld), (version.ToString(), version.IsOld));
    }
}
