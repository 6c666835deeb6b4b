namespace Ltx.Server.Tests.Architecture;

[Fast]
public class FastTests
{
    /// <summary>What the server itself would start shows where these classes are run alone: tests/run --fast gives them no program and no libtorch.</summary>
    [Fact]
    public void A_fast_class_reaches_neither_another_program_nor_a_model() => FastClasses.ReachNone(
        "System.Diagnostics.Process::Start",
        "Ltx.Video.Processes.ChildProcess",
        "Ltx.Server.Tests.Commands.Repository::get_Model",
        "Ltx.Server.Tests.Commands.Repository::get_MagentaLora",
        "Ltx.Inference.Safety.SafetyClassifier",
        "Ltx.Server.Commands.CommandLine",
        "Ltx.Server.Commands.ServeCommand",
        "Ltx.Server.Media.InpaintEngine");
}
