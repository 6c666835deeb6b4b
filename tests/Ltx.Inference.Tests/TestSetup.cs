using System.Runtime.CompilerServices;
using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using Ltx.Parity.Goldens;

namespace Ltx.Inference.Tests;

internal static class TestSetup
{
    /// <summary>libtorch before the first tensor, as every program of the project does; and the repository's models and goldens, once a machine.</summary>
    [ModuleInitializer]
    internal static void Prepare()
    {
        LibTorch.Load();
        PackedFiles.Unpack(Repository.Miniature);
        GoldenFiles.Prepare(Repository.Goldens);
        GoldenFiles.Prepare(Repository.OtherGoldens);
        GoldenFiles.Prepare(Repository.TrainingGoldens);
    }
}
