using System.Security.Cryptography;
using Ltx.Inference.Generation;

namespace Ltx.Parity.Cards;

/// <summary>Keeps nothing of a result but its hash.</summary>
internal sealed class HashSink : IInpaintSink, IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public void Begin(SoundClip? generatedSound)
    {
    }

    public void Write(byte[] frame) => hash.AppendData(frame);

    public string End() => Convert.ToHexStringLower(hash.GetHashAndReset());

    public void Dispose() => hash.Dispose();
}
