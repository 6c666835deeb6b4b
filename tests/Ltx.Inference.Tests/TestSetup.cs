using System.Runtime.CompilerServices;
using Ltx.Inference.Native;

namespace Ltx.Inference.Tests;

internal static class TestSetup
{
    /// <summary>Before the first tensor, as every program of the project does.</summary>
    [ModuleInitializer]
    internal static void LoadLibTorch() => LibTorch.Load();
}
