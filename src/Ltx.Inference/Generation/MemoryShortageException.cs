using System.Globalization;
using Ltx.Inference.Planning;

namespace Ltx.Inference.Generation;

/// <summary>A run was planned to fit and has met the end of the memory all the same. Everything it held has been freed; the next run may go on.</summary>
/// <param name="stage">where it was</param>
/// <param name="predicted">bytes that the stage was planned to hold; 0 where nothing was planned</param>
/// <param name="cause">what libtorch says</param>
public sealed class MemoryShortageException(InpaintStage stage, long predicted, Exception cause) : InferenceException(Fault.Internal, Sentence(stage, predicted), cause)
{
    private static string Sentence(InpaintStage stage, long predicted)
    {
        string plan = predicted == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", although its {predicted / 1e9:0.0} GB were planned to fit");
        return $"The device ran out of memory in the stage \"{stage.Name()}\"{plan}; another program may have taken some. Everything was freed, and the request can be tried again.";
    }
}
