using System.Runtime.CompilerServices;
using Ltx.Inference.Weights;
using Ltx.Parity.Goldens;
using Ltx.Server.Tests.Commands;

namespace Ltx.Server.Tests.Support;

internal static class TestSetup
{
    /// <summary>The repository's models, once a machine: a command that unpacked one in a test would say so there.</summary>
    [ModuleInitializer]
    internal static void Prepare()
    {
        PackedFiles.Unpack(Repository.Model);
        GoldenFiles.Prepare(Path.Combine(Repository.Root, "tests", "goldens"));
    }
}
