using Ltx.Inference.Weights;

namespace Ltx.Inference.Tests.Weights;

[Fast]
public class ConfigSectionTests
{
    private static readonly ConfigSection Config = ConfigSection.Parse(
        """{"whole":3,"whole_as_fraction":1000.0,"fraction":0.5,"huge":1e999,"yes":true,"text":"t","nothing":null,"half":"\ud800","list":[1,2.0],"words":["a"],"lists":[[1,2],[3]],"pairs":[["n",{"k":1}]],"bad_pairs":[["n"]],"section":{"inner":{"k":1}}}""",
        "here");

    [Fact]
    public void Values_are_read()
    {
        Assert.Equal((3, 1000, 7), (Config.Int("whole"), Config.Int("whole_as_fraction"), Config.Int("absent", 7)));
        Assert.Equal((0.5, 3.0), (Config.Double("fraction"), Config.Double("whole")));
        Assert.True(Config.Bool("yes"));
        Assert.Equal(("t", "f"), (Config.Text("text"), Config.Text("nothing", "f")));
        Assert.Equal([1, 2], Config.Ints("list"));
        Assert.Equal([3], Config.IntLists("lists")[1]);
        Assert.Equal(1, Config.NamedSections("pairs")[0].Options.Int("k"));
        Assert.Equal(1, Config.Section("section").Section("inner").Int("k"));
        Assert.False(Config.Has("nothing"));
    }

    public static TheoryData<string, Action<ConfigSection>> Wrong => new()
    {
        { "absent", c => c.Int("absent") },
        { "nothing", c => c.Int("nothing") },
        { "fraction", c => c.Int("fraction") },
        { "huge", c => c.Int("huge") },
        { "text", c => c.Int("text") },
        { "text", c => c.Double("text") },
        { "whole", c => c.Bool("whole") },
        { "whole", c => c.Text("whole") },
        { "half", c => c.Text("half") },
        { "words", c => c.Ints("words") },
        { "whole", c => c.Ints("whole") },
        { "list", c => c.IntLists("list") },
        { "list", c => c.NamedSections("list") },
        { "bad_pairs", c => c.NamedSections("bad_pairs") },
        { "text", c => c.Section("text") },
        { "section.inner.j", c => c.Section("section").Section("inner").Int("j") },
        { "whole", c => c.Expect("whole", 4) },
        { "text", c => c.Expect("text", "u") },
        { "text", c => c.Expect("text", true) },
        { "yes", c => c.Expect("yes", false) },
        { "absent", c => c.Expect("absent", true) },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_is_wrong_is_named(string key, Action<ConfigSection> read) =>
        Assert.Contains($"here: config.{key}", Assert.Throws<WeightsException>(() => read(Config)).Message, StringComparison.Ordinal);

    [Fact]
    public void What_is_expected_passes()
    {
        Config.Expect("whole", 3);
        Config.Expect("text", "t");
        Config.Expect("absent", true, whenAbsent: true);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("{")]
    public void Text_that_is_no_object_is_refused(string json) => Assert.Throws<WeightsException>(() => ConfigSection.Parse(json, "here"));

    [Fact]
    public void A_long_value_does_not_flood_the_message()
    {
        ConfigSection config = ConfigSection.Parse($$"""{"k":"{{new string('x', 1_000_000)}}"}""", "here");
        Assert.InRange(Assert.Throws<WeightsException>(() => config.Int("k")).Message.Length, 1, 1000);
    }
}
