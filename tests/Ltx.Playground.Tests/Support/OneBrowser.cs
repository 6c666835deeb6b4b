namespace Ltx.Playground.Tests.Support;

/// <summary>All tests take turns: one browser, one model on one CPU.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public class OneBrowser : ICollectionFixture<Browser>
{
    public const string Name = "browser";
}
