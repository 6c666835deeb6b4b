namespace Ltx.Inference.Tests;

public class SetUpTests
{
    [Fact]
    public void The_project_under_test_is_referenced() => Assert.True(true);
}
