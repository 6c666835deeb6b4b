using Ltx.Inference.Layers;

namespace Ltx.Inference.Tests.Layers;

[Fast]
public sealed class TokenGroupsTests
{
    [Fact]
    public void What_is_seen_alike_is_one_run()
    {
        TokenGroups groups = new([4, 2, 3, 1], new[,] { { 1, 0.4, 0.4, 1 }, { 0.4, 1, 0, 0 }, { 0.4, 0, 1, 0 }, { 1, 0, 0, 1 } });
        AssertViews(
            groups,
            (0, 4, [(0, 4, 1), (4, 5, 0.4), (9, 1, 1)]),
            (4, 2, [(0, 4, 0.4), (4, 2, 1)]),
            (6, 3, [(0, 4, 0.4), (6, 3, 1)]),
            (9, 1, [(0, 4, 1), (9, 1, 1)]));
        Assert.False(groups.AreAlike);
    }

    [Fact]
    public void Groups_that_see_alike_are_one()
    {
        TokenGroups groups = new([3, 2, 2, 2], new[,] { { 1, 1, 1, 0.25 }, { 1, 1, 1, 0 }, { 1, 1, 1, 0 }, { 0.25, 0, 0, 1 } });
        AssertViews(groups, (0, 3, [(0, 7, 1), (7, 2, 0.25)]), (3, 4, [(0, 7, 1)]), (7, 2, [(0, 3, 0.25), (7, 2, 1)]));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(0.5, true)]
    [InlineData(0, false)]
    public void Where_all_see_all_alike_nothing_is_told_apart(double strength, bool areAlike)
    {
        TokenGroups groups = new([3, 2], new[,] { { strength, strength }, { strength, strength } });
        Assert.Equal(areAlike, groups.AreAlike);
        // Seen by nobody there is still somebody who looks.
        Assert.Equal(new TokenRun(0, 5), Assert.Single(groups.Views).Queries);
    }

    [Fact]
    public void One_that_sees_only_itself_is_not_alike_with_those_that_see_nothing()
    {
        TokenGroups groups = new([3, 2], new double[,] { { 1, 0 }, { 0, 0 } });
        Assert.False(groups.AreAlike);
        AssertViews(groups, (0, 3, [(0, 3, 1)]), (3, 2, []));
    }

    [Fact]
    public void A_group_is_put_behind_the_others_and_sees_itself()
    {
        TokenGroups groups = new TokenGroups([3], new double[,] { { 1 } }).With(2, _ => 0.5).With(1, group => group == 0 ? 0.25 : 0);
        Assert.Equal([3, 2, 1], groups.Sizes);
        Assert.Equal(6, groups.Tokens);
        double[] strengths = [.. from a in Enumerable.Range(0, 3) from b in Enumerable.Range(0, 3) select groups[a, b]];
        Assert.Equal([1, 0.5, 0.25, 0.5, 1, 0, 0.25, 0, 1], strengths);
    }

    [Fact]
    public void What_is_no_description_is_refused()
    {
        Refused([2, 3], new double[,] { { 1 } });
        Refused([2, 0], new double[,] { { 1, 1 }, { 1, 1 } });
        Refused([2, 3], new[,] { { 1, 0.5 }, { 0.4, 1 } });
        Refused([2, 3], new[,] { { 1, 1.5 }, { 1.5, 1 } });
        Refused([2, 3], new[,] { { 1, -0.5 }, { -0.5, 1 } });
        Refused([2, 3], new[,] { { 1, double.NaN }, { double.NaN, 1 } });
        static void Refused(long[] sizes, double[,] strengths) => Assert.Throws<ArgumentException>(() => new TokenGroups(sizes, strengths));
    }

    private static void AssertViews(TokenGroups groups, params (long Start, long Count, (long Start, long Count, double Strength)[] Seen)[] expected)
    {
        Assert.Equal(expected.Select(view => new TokenRun(view.Start, view.Count)), groups.Views.Select(view => view.Queries));
        foreach ((var wanted, TokenView view) in expected.Zip(groups.Views))
        {
            Assert.Equal(wanted.Seen.Select(run => new SeenRun(new TokenRun(run.Start, run.Count), run.Strength)), view.Seen);
        }
    }
}
