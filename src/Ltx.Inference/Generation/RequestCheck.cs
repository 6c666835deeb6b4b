namespace Ltx.Inference.Generation;

/// <summary>What must hold for any request, whoever makes it. Bounds of the endpoint are the server's to check.</summary>
internal static class RequestCheck
{
    /// <exception cref="InferenceException">The request makes no sense.</exception>
    public static void Check(InpaintRequest request, int soundRate)
    {
        Require(request.Frames.Count > 0, "The source has no frames.");
        Require(request.Mask.Count > 0, "The mask has no frames.");
        Require(request.Width > 0 && request.Height > 0 && request.Width % 2 == 0 && request.Height % 2 == 0, $"The clip is {request.Width}x{request.Height}; both sides must be even.");
        int bytes = FrameLayout.Of(request).FrameBytes;
        Require(request.Frames.All(frame => frame.Length == bytes), $"A frame is not {request.Width}x{request.Height} pixels {(request.Yuv is null ? "of three bytes" : "in planes")}.");
        bool fits = request.Reference is not { } other || (other.Count == request.Frames.Count && other.All(frame => frame.Length == bytes));
        Require(fits, "The reference is not of the clip's length and size.");
        Require(request.Mask.All(frame => frame.Length == request.Width * request.Height), $"A frame of the mask is not {request.Width}x{request.Height} pixels.");
        Require(double.IsFinite(request.FramesPerSecond) && request.FramesPerSecond > 0, $"{request.FramesPerSecond} frames a second is no rate.");
        Require(request.Parameters.Steps > 0, $"{request.Parameters.Steps} steps are too few.");
        Require(request.Parameters.GuidanceScale >= 1 && double.IsFinite(request.Parameters.GuidanceScale), $"A guidance scale of {request.Parameters.GuidanceScale} is not 1 or more.");
        Require(request.Parameters.VideoStrength is >= 0 and <= 1, $"A video strength of {request.Parameters.VideoStrength} is not between 0 and 1.");
        Require(request.SourceSound is null or { Channels.Count: 2 }, "The source's sound must have two channels.");
        Require(request.SourceSound is null || request.SourceSound.SampleRate == soundRate, $"The source's sound has {request.SourceSound?.SampleRate} samples a second, and {soundRate} are wanted.");
    }

    private static void Require(bool condition, string sentence)
    {
        if (!condition) throw new InferenceException(Fault.Input, sentence);
    }
}
