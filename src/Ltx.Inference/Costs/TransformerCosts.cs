using Ltx.Inference.Native;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Costs;

/// <summary>
/// What one pass of the transformer holds beside its weights, and what it computes: LtxTransformer.Forward, StreamBlock, CrossBlock, Attention
/// and FeedForward, walked through with sizes. Each method stands for the one of its name there and has to follow it; a test holds the two
/// together. Modulation, which is computed for a few noise levels and not for every token, is not counted among the operations.
/// </summary>
internal sealed class TransformerCosts
{
    private readonly TransformerConfig config;
    private readonly CostBasis basis;
    private readonly bool float8;
    private readonly MemoryLedger ledger = new();
    private readonly OperationCount operations = new();

    /// <param name="pass">tokens of all kinds</param>
    /// <param name="basis">what bytes are counted by</param>
    /// <param name="float8">whether the blocks' matrices are float8, so that they are converted or what goes into them is rounded</param>
    public TransformerCosts(TransformerConfig config, TransformerPass pass, CostBasis basis, bool float8 = false)
    {
        (this.config, this.basis, this.float8) = (config, basis, float8);
        Side video = new(config.Video, pass.Video, config.Video.Features, pass.IsMasked), audio = new(config.Audio, pass.Audio, config.Audio.Features, PerToken: false);
        TableBytes = Bytes(video.Tokens, config.Video.Features + config.CrossRopeFeatures) + Bytes(audio.Tokens, config.Audio.Features + config.CrossRopeFeatures);
        Forward(video, audio, pass.Text);
    }

    /// <summary>Rotary tables of both streams, which live as long as a stage: cosines and sines of half the features each.</summary>
    public double TableBytes { get; }

    /// <summary>The worst moment of the pass, without the tables.</summary>
    public MemoryLedger Memory => ledger;

    public Operations Operations => operations.Sum;

    private void Forward(Side video, Side audio, long text)
    {
        using var scope = ledger.Open();
        MemoryLedger.Entry vx = ledger.Detach(Embed(video)), ax = ledger.Detach(Embed(audio));
        MemoryLedger.Entry nextVideo, nextAudio;
        // All blocks are alike.
        using (operations.Times(config.Layers)) (nextVideo, nextAudio) = Block(video, audio, text);
        ledger.Drop(vx);
        ledger.Drop(ax);
        Output(video);
        Output(audio);
        ledger.Drop(nextVideo);
        ledger.Drop(nextAudio);
    }

    private MemoryLedger.Entry Embed(Side side)
    {
        Project(side.Tokens, side.Stream.InChannels, side.Features);
        return ledger.Take(Bytes(side));
    }

    private (MemoryLedger.Entry, MemoryLedger.Entry) Block(Side video, Side audio, long text)
    {
        using var scope = ledger.Open();
        Attend(video, text);
        Attend(audio, text);
        Cross(video, audio);
        MemoryLedger.Entry vx = FeedForward(video), ax = FeedForward(audio);
        return (ledger.Keep(vx), ledger.Keep(ax));
    }

    private void Attend(Side side, long text)
    {
        using var scope = ledger.Open();
        NormModulate(side);
        Attention(side, side, side.Stream, rotateQuery: true, rotateKey: true);
        Gated(side);
        NormModulate(side);
        Side context = new(side.Stream, text, side.Stream.ContextFeatures, PerToken: false);
        // Modulated in two steps, the second in place.
        ledger.Take(Bytes(context));
        Attention(side, context, side.Stream, rotateQuery: false, rotateKey: false);
        ledger.Keep(Gated(side));
    }

    // Both ways in the audio stream's width.
    private void Cross(Side video, Side audio)
    {
        using var scope = ledger.Open();
        NormModulate(video);
        NormModulate(audio);
        Attention(video, audio, audio.Stream, rotateQuery: true, rotateKey: true);
        NormModulate(audio);
        NormModulate(video);
        Attention(audio, video, audio.Stream, rotateQuery: true, rotateKey: true);
        // One gate for all tokens.
        MemoryLedger.Entry newVideo = Gated(video with { PerToken = false }), newAudio = Gated(audio);
        ledger.Keep(newVideo);
        ledger.Keep(newAudio);
    }

    private MemoryLedger.Entry FeedForward(Side side)
    {
        using var scope = ledger.Open();
        NormModulate(side);
        using (ledger.Open())
        {
            double wide = (double)Layers.FeedForward.Expansion * side.Features;
            Multiply(side.Tokens, side.Features, wide);
            ledger.Take(Bytes(side.Tokens, wide));
            ledger.Take(Bytes(side.Tokens, wide));
            Multiply(side.Tokens, wide, side.Features);
            ledger.Keep(ledger.Take(Bytes(side)));
        }
        return ledger.Keep(Gated(side));
    }

    /// <param name="width">whose features all heads together have</param>
    private void Attention(Side query, Side context, StreamConfig width, bool rotateQuery, bool rotateKey)
    {
        using var scope = ledger.Open();
        double inner = Bytes(query.Tokens, width.Features), keys = Bytes(context.Tokens, width.Features);
        Project(query.Tokens, query.Features, width.Features);
        Project(context.Tokens, context.Features, width.Features);
        Project(context.Tokens, context.Features, width.Features);
        ledger.Take(keys);                                  // values
        ledger.Take(inner); ledger.Take(inner);             // queries, normalised queries
        ledger.Take(keys); ledger.Take(keys);               // keys, normalised keys
        using (ledger.Open())
        {
            if (rotateQuery) Rotate(inner);
            if (rotateKey) Rotate(keys);
            operations.Add(Operations.Attend(query.Tokens, context.Tokens, width.Features));
            MemoryLedger.Entry perHead = ledger.Take(inner);
            // Log-sum-exp of every query and head in float32.
            ledger.Work((double)query.Tokens * width.Heads * ElementBytes.Float32 + basis.Device.AttentionWorkspace);
            // In the layout of the queries, token after token: heads are beside each other without a copy.
            ledger.Keep(perHead);
        }
        if (config.GatedAttention)
        {
            Project(query.Tokens, query.Features, width.Heads);
            ledger.Take(inner);
        }
        Multiply(query.Tokens, width.Features, query.Features);
        ledger.Keep(ledger.Take(Bytes(query)));
    }

    private void Output(Side side)
    {
        using var scope = ledger.Open();
        ledger.Take(Bytes(side));
        if (side.PerToken)
        {
            ledger.Take(Bytes(side));
            ledger.Take(Bytes(side));
        }
        ledger.Take(Bytes(side));
        Project(side.Tokens, side.Features, side.Stream.OutChannels);
    }

    // A matrix product that is never the worst moment.
    private void Project(double tokens, double from, double to) => operations.Add(Operations.Product(tokens, from, to));

    // One that may be, with what it needs beside its result: a library's workspace, and where the matrix is float8, either that in the model's own type
    // or what goes in, rounded: by a kernel all of it, a byte a number, and otherwise so many rows at once (Float8Weight).
    private void Multiply(double tokens, double from, double to)
    {
        Project(tokens, from, to);
        double rounding = Math.Max(tokens * from, Math.Min(Float8Weight.Workspace, Float8.RoundingBytes * tokens * from));
        ledger.Work(basis.Device.MatrixWorkspace + (float8 ? Math.Max(Bytes(from, to), rounding) : 0));
    }

    // Both halves are made on their own and then joined.
    private void Rotate(double bytes)
    {
        using var scope = ledger.Open();
        ledger.Take(bytes);
        ledger.Keep(ledger.Take(bytes));
    }

    // The norm, scale and shift of every token, and the norm's product with the scale, to which the shift is added in place.
    private void NormModulate(Side side)
    {
        using var scope = ledger.Open();
        ledger.Take(Bytes(side));
        if (side.PerToken)
        {
            ledger.Take(Bytes(side));
            ledger.Take(Bytes(side));
        }
        ledger.Keep(ledger.Take(Bytes(side)));
    }

    private MemoryLedger.Entry Gated(Side side)
    {
        using var scope = ledger.Open();
        if (side.PerToken) ledger.Take(Bytes(side));
        return ledger.Keep(ledger.Take(Bytes(side)));
    }

    private double Bytes(Side side) => Bytes(side.Tokens, side.Features);

    private double Bytes(double tokens, double features) => tokens * features * basis.Element;

    /// <summary>The tokens of a stream or of the text.</summary>
    /// <param name="PerToken">whether they have different noise levels: modulation is then looked up for every token</param>
    private readonly record struct Side(StreamConfig Stream, long Tokens, int Features, bool PerToken);
}
