namespace Ltx.Inference.Generation;

/// <summary>
/// What the text model is shown of a clip: its first frame with a masked region, which is filled in the guide's green. Filled, not
/// outlined: what was there is not to be described, and the transformer is shown the same.
/// </summary>
/// <param name="Index">which frame, from 0</param>
/// <param name="Picture">the frame</param>
internal sealed record MarkedFrame(int Index, Picture Picture)
{
    /// <param name="request">whose mask is not all empty</param>
    public static MarkedFrame Of(InpaintRequest request)
    {
        int index = Enumerable.Range(0, request.Mask.Count).First(frame => request.Mask[frame].AsSpan().ContainsAnyInRange(InpaintRequest.LeastWhite, byte.MaxValue));
        byte[] mask = request.Mask[index], pixels = (byte[])request.Look(request.Frames[index]).Pixels.Clone();
        for (int i = 0; i < mask.Length; i++)
        {
            if (mask[i] >= InpaintRequest.LeastWhite) ClipTensors.GuideColour.CopyTo(pixels.AsSpan(3 * i));
        }
        return new MarkedFrame(index, new Picture(pixels, request.Width, request.Height));
    }
}
