using Ltx.Inference.Transformer;

namespace Ltx.Inference.Planning;

/// <summary>
/// What one pass of the transformer holds beside its weights: LtxTransformer.Forward, StreamBlock, CrossBlock, Attention and FeedForward,
/// walked through with sizes. Each method stands for the one of its name there and has to follow it; a test holds the two together.
/// </summary>
/// <param name="video">tokens of the video stream, references included</param>
/// <param name="audio">tokens of the audio stream</param>
/// <param name="text">tokens of the text</param>
/// <param name="masked">whether video tokens have different noise levels: modulation is then looked up for every token. The sound is made or kept as a whole</param>
/// <param name="element">bytes of a number</param>
/// <param name="float8">whether the blocks' matrices are float8, so that what goes into them is rounded</param>
/// <param name="device">what the device adds to it</param>
internal sealed class TransformerMemory(TransformerConfig config, long video, long audio, long text, bool masked, int element, bool float8, DeviceMemoryTraits device)
{
    private readonly MemoryLedger ledger = new();

    /// <summary>Bytes that one stream's tensor of one feature has.</summary>
    private double Video(double features) => video * features * element;

    private double Audio(double features) => audio * features * element;

    /// <summary>Rotary tables of both streams, which live as long as a stage: cosines and sines of half the features each.</summary>
    public double TableBytes => Video(config.Video.Features + config.CrossRopeFeatures) + Audio(config.Audio.Features + config.CrossRopeFeatures);

    /// <summary>The worst moment of a pass, without the tables.</summary>
    public MemoryLedger Forward()
    {
        using var scope = ledger.Open();
        MemoryLedger.Entry vx = ledger.Detach(ledger.Take(Video(config.Video.Features))), ax = ledger.Detach(ledger.Take(Audio(config.Audio.Features)));
        // All blocks are alike.
        (MemoryLedger.Entry nextVideo, MemoryLedger.Entry nextAudio) = Block();
        ledger.Drop(vx);
        ledger.Drop(ax);
        Output(Video, config.Video);
        ledger.Drop(nextVideo);
        ledger.Drop(nextAudio);
        return ledger;
    }

    private (MemoryLedger.Entry, MemoryLedger.Entry) Block()
    {
        using var scope = ledger.Open();
        Attend(Video, config.Video, video, masked);
        Attend(Audio, config.Audio, audio, perToken: false);
        Cross();
        MemoryLedger.Entry vx = FeedForward(Video, config.Video, masked), ax = FeedForward(Audio, config.Audio, perToken: false);
        return (ledger.Keep(vx), ledger.Keep(ax));
    }

    private void Attend(Func<double, double> of, StreamConfig stream, long tokens, bool perToken)
    {
        using var scope = ledger.Open();
        NormModulate(of, stream.Features, perToken);
        Attention(of(stream.Features), of(stream.Features), of(stream.Features), of(stream.Features), stream.Heads, tokens, rotateQuery: true, rotateKey: true);
        Gated(of, stream.Features, perToken);
        NormModulate(of, stream.Features, perToken);
        double context = text * (double)stream.ContextFeatures * element, inner = text * (double)stream.Features * element;
        // Modulated in two steps, the second in place.
        ledger.Take(context);
        Attention(of(stream.Features), of(stream.Features), inner, of(stream.Features), stream.Heads, tokens, rotateQuery: false, rotateKey: false);
        ledger.Keep(Gated(of, stream.Features, perToken));
    }

    private void Cross()
    {
        using var scope = ledger.Open();
        double inner = config.Audio.Features;
        NormModulate(Video, config.Video.Features, masked);
        NormModulate(Audio, config.Audio.Features, perToken: false);
        Attention(Video(inner), Video(config.Video.Features), Audio(inner), Video(inner), config.Audio.Heads, video, rotateQuery: true, rotateKey: true);
        NormModulate(Audio, config.Audio.Features, perToken: false);
        NormModulate(Video, config.Video.Features, masked);
        Attention(Audio(inner), Audio(config.Audio.Features), Video(inner), Audio(inner), config.Audio.Heads, audio, rotateQuery: true, rotateKey: true);
        // One gate for all tokens.
        MemoryLedger.Entry newVideo = Gated(Video, config.Video.Features, perToken: false), newAudio = Gated(Audio, config.Audio.Features, perToken: false);
        ledger.Keep(newVideo);
        ledger.Keep(newAudio);
    }

    private MemoryLedger.Entry FeedForward(Func<double, double> of, StreamConfig stream, bool perToken)
    {
        using var scope = ledger.Open();
        NormModulate(of, stream.Features, perToken);
        using (ledger.Open())
        {
            Multiply(of(stream.Features));
            ledger.Take(of(4.0 * stream.Features));
            ledger.Take(of(4.0 * stream.Features));
            Multiply(of(4.0 * stream.Features));
            ledger.Keep(ledger.Take(of(stream.Features)));
        }
        return ledger.Keep(Gated(of, stream.Features, perToken));
    }

    /// <param name="inner">bytes of the projected queries</param>
    /// <param name="result">bytes of the output</param>
    /// <param name="keys">bytes of the projected keys, and of the values</param>
    /// <param name="attended">bytes of what the attention gives</param>
    private void Attention(double inner, double result, double keys, double attended, int heads, long queries, bool rotateQuery, bool rotateKey)
    {
        using var scope = ledger.Open();
        ledger.Take(keys);                                  // values
        ledger.Take(inner); ledger.Take(inner);             // queries, normalised queries
        ledger.Take(keys); ledger.Take(keys);               // keys, normalised keys
        using (ledger.Open())
        {
            if (rotateQuery) Rotate(inner);
            if (rotateKey) Rotate(keys);
            MemoryLedger.Entry perHead = ledger.Take(attended);
            // Log-sum-exp of every query and head in float32.
            ledger.Work((double)queries * heads * ElementBytes.Float32 + device.AttentionWorkspace);
            // In the layout of the queries, token after token: heads are beside each other without a copy.
            ledger.Keep(perHead);
        }
        if (config.GatedAttention) ledger.Take(attended);
        Multiply(attended);
        ledger.Keep(ledger.Take(result));
    }

    // What a matrix product needs beside its result: a library's workspace, and where the matrix is float8, two float32 tensors as large as what
    // goes in (Float8.QuantizeRows).
    private void Multiply(double input) => ledger.Work(device.MatrixWorkspace + (float8 ? 2.0 * ElementBytes.Float32 / element * input : 0));

    // Both halves are made on their own and then joined.
    private void Rotate(double bytes)
    {
        using var scope = ledger.Open();
        ledger.Take(bytes);
        ledger.Keep(ledger.Take(bytes));
    }

    // Scale and shift of every token, the norm, and its product with the scale, to which the shift is added in place.
    private void NormModulate(Func<double, double> of, double features, bool perToken)
    {
        if (perToken)
        {
            ledger.Take(of(features));
            ledger.Take(of(features));
        }
        using var scope = ledger.Open();
        ledger.Take(of(features));
        ledger.Keep(ledger.Take(of(features)));
    }

    private MemoryLedger.Entry Gated(Func<double, double> of, double features, bool perToken)
    {
        if (perToken) ledger.Take(of(features));
        return ledger.Take(of(features));
    }

    private void Output(Func<double, double> of, StreamConfig stream)
    {
        using var scope = ledger.Open();
        ledger.Take(of(stream.Features));
        if (masked)
        {
            ledger.Take(of(stream.Features));
            ledger.Take(of(stream.Features));
        }
        ledger.Take(of(stream.Features));
    }
}
