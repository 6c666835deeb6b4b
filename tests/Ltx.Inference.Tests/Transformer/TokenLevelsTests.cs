using Ltx.Inference.Transformer;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Transformer;

[Fast]
public class TokenLevelsTests
{
    [Fact]
    public void Each_distinct_level_is_kept_once_and_every_token_finds_its_own()
    {
        using var scope = NewDisposeScope();
        float[] mask = [1, 0, 0.25f, 1, 0, 1];
        TokenLevels levels = TokenLevels.Of(tensor(mask).view(2, 3, 1));
        Assert.Equal([0, 0.25, 1], levels.Values);
        Assert.Equal(mask, levels.Index!.data<long>().ToArray().Select(i => (float)levels.Values[i]));
        Assert.Equal([0, 0.25 * 0.7, 0.7], levels.Times(0.7).Values);
        Assert.Equal([0, 0, 0], levels.Times(0).Values);
    }

    [Fact]
    public void One_level_for_all_needs_no_index()
    {
        using var scope = NewDisposeScope();
        TokenLevels levels = TokenLevels.Of(ones(1, 5, 1));
        Assert.Null(levels.Index);
        Assert.Equal([1], levels.Values);
    }
}
