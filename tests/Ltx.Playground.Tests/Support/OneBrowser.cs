namespace Ltx.Playground.Tests.Support;

/// <summary>All tests take turns: one browser, and servers with one worker each.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public class OneBrowser : ICollectionFixture<Browser>
{
    public const string Name = "browser";
}
