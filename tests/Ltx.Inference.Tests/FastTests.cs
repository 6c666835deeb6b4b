namespace Ltx.Inference.Tests;

[Fast]
public class FastTests
{
    [Fact]
    public void A_fast_class_reaches_neither_another_program_nor_a_model() => FastClasses.ReachNone(
        "System.Diagnostics.Process::Start",
        "Ltx.Inference.Tests.Repository::get_Miniature",
        "Ltx.Inference.Tests.Repository::get_Goldens",
        "Ltx.Inference.Tests.Repository::get_OtherGoldens");
}
