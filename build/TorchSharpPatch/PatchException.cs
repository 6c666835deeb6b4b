namespace TorchSharpPatch;

/// <summary>A file is not what the patch was written for.</summary>
internal sealed class PatchException(string message) : Exception(message);
