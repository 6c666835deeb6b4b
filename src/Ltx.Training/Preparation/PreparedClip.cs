using Ltx.Inference.Latents;

namespace Ltx.Training.Preparation;

/// <summary>A clip that can be trained with.</summary>
/// <param name="Name">as in the data set</param>
/// <param name="Caption">its prompt, trigger phrase included</param>
/// <param name="Size">that it was brought to</param>
/// <param name="Content">tells it from every other clip by what its files hold and what is made of them, whatever model that is done with</param>
/// <param name="ClipFile">its latents</param>
/// <param name="ContextFile">its caption's context, which clips of one caption share</param>
/// <param name="Notes">what was made of it that its maker may not expect, in sentences</param>
internal sealed record PreparedClip(
    string Name, string Caption, PixelShape Size, string Content, string ClipFile, string ContextFile, IReadOnlyList<string> Notes);
