using System.Globalization;
using Ltx.Inference.Costs;
using Ltx.Inference.Latents;
using Ltx.Inference.Layers;
using Ltx.Inference.Measuring;
using Ltx.Inference.Measuring.Counting;
using Ltx.Inference.Planning;
using Ltx.Inference.Recipes;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Tests.Measuring;

/// <summary>
/// What LTX-2.3 22B asks of a card, counted by running it at its real sizes without memory, and held to counts.tsv: an operator, a kernel or a byte
/// more than two percent away is red, so that a copy does not slip in. <c>LTX_RECORD_COUNTS=1</c> writes the file anew.
/// </summary>
[Collection(Alone.Name)]
public sealed class CountTests
{
    private const double Tolerance = 0.02;

    private const int Sound = 126;

    private static readonly string Recorded = Path.Combine(Repository.Root, "tests", "Ltx.Inference.Tests", "Measuring", "counts.tsv");

    private static readonly ModelArchitecture Model = ModelArchitecture.Of(WorkTests.Imagined("ltx-2.3-22b"));

    private static readonly PixelShape Clip = new(121, 1088, 1920), Half = new(121, 544, 960);

    // Of the whole class: what a request is made of is counted once.
    private static readonly ModelCounts Counts = new(Model), Float8Counts = new(Model, format: WeightFormat.Float8Products);

    [Fact]
    public void Operators_kernels_and_bytes_are_those_that_are_written_down()
    {
        Dictionary<string, double> counted = [];
        VideoScale scale = Model.VideoVae.Scale;
        Add(counted, "block, 16320 tokens", Counts.Block(16320, Sound));
        foreach (int tokens in (int[])[8160, 16320, 32640]) Add(counted, $"forward, {tokens} tokens", Counts.Forward(tokens, Sound));
        Add(counted, "encode, 1920x1088x121", Counts.Encode(Clip));
        Add(counted, "encode, 960x544x121", Counts.Encode(Half));
        Add(counted, "decode, 1920x1088x121", Counts.Decode(Clip.ToLatent(scale)));
        Add(counted, "upsample, 960x544x121", Counts.Upsample(Half.ToLatent(scale)));
        Add(counted, "sound, 121 frames", Counts.Sound(Sound));
        foreach (string recipe in (string[])["default", "until-now"])
        {
            RequestShape request = new(121, 1080, 1920) { Recipe = RecipeBook.Open(recipe) };
            Add(counted, $"request, 1920x1080x121, {recipe}", RequestWork.Of(Counts, Model, request, 15, 1).Select(stage => stage.Work).Aggregate((sum, stage) => sum + stage));
        }
        if (Environment.GetEnvironmentVariable("LTX_RECORD_COUNTS") == "1") Write(counted);
        List<string> differences = Differences(Read(), counted);
        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    [Fact]
    public void A_copy_that_nobody_needs_is_seen()
    {
        // As a layer would that copies its result once more.
        WorkCount careless = Counts.Forward(16320, Sound, 2, (_, video, _) => video.clone()) - Counts.Forward(16320, Sound, 1, (_, video, _) => video.clone());
        Dictionary<string, double> counted = [];
        Add(counted, "block, 16320 tokens", careless);
        Assert.Contains(Differences(Read("block, 16320 tokens"), counted), difference => difference.StartsWith("block, 16320 tokens\tbytes of Copy: ", StringComparison.Ordinal));
        // The video's tokens, read and written.
        Assert.Equal(2.0 * 16320 * 4096 * 2, careless.BytesOf(KernelClass.Copy));
    }

    [Fact]
    public void All_blocks_are_alike()
    {
        WorkCount three = Counts.Forward(96, 8, 3), two = Counts.Forward(96, 8, 2);
        Assert.Empty((three - two - Counts.Block(96, 8)).Kernels);
        Assert.Equal(Counts.Block(96, 8).Calls, (three - two).Calls);
    }

    [Fact]
    public void A_reference_with_a_strength_of_its_own_costs_no_more_attention_and_no_number_for_every_pair_of_tokens()
    {
        const int Target = 16320, Tokens = 2 * Target;
        TokenGroups groups = new([Target, Target], new[,] { { 1, 0.3 }, { 0.3, 1 } });
        WorkCount plain = Counts.Forward(Tokens, Sound, 1), grouped = Counts.Forward(Tokens, Sound, 1, groups: groups);
        Assert.Equal(plain.Work, grouped.Work);
        Assert.Equal(plain.Uploads, grouped.Uploads);
        Kernel[] more = [.. grouped.Kernels.Keys.Except(plain.Kernels.Keys)];
        Assert.Contains(more, kernel => kernel is { Class: KernelClass.Attention, Work.Attention: > 0 });
        // A byte for every pair would be more than any of them touches.
        Assert.All(more, kernel => Assert.InRange(kernel.Bytes, 1, (double)Tokens * Tokens - 1));
    }

    [Fact]
    public void Operations_are_those_of_the_walk_that_plans()
    {
        ModelOperations walk = new(Model);
        LatentShape latent = Clip.ToLatent(Model.VideoVae.Scale), half = Half.ToLatent(Model.VideoVae.Scale);
        // The modulation's products, of a few noise levels, are not walked through.
        Same(walk.Forward(16320, Sound), Counts.Forward(16320, Sound).Work, 2e-3);
        Same(walk.Encode(Clip), Counts.Encode(Clip).Work, 1e-9);
        Same(walk.Decode(latent), Counts.Decode(latent).Work, 1e-9);
        Same(walk.Upsample(half), Counts.Upsample(half).Work, 1e-9);

        void Same(Operations walked, Operations counted, double tolerance)
        {
            Assert.Equal(walked.Products, counted.Products, tolerance * Math.Max(1, walked.Products));
            Assert.Equal(walked.Convolutions, counted.Convolutions, tolerance * Math.Max(1, walked.Convolutions));
            Assert.Equal(walked.Attention, counted.Attention, tolerance * Math.Max(1, walked.Attention));
        }
    }

    [Fact]
    public void What_would_wait_for_a_number_of_the_card_cannot_be_counted()
    {
        Assert.Throws<System.Runtime.InteropServices.ExternalException>(() => Counts.Forward(96, 8, 1, (_, video, _) => video.isfinite().all().item<bool>()));
    }

    [Fact]
    public void An_operator_that_the_table_does_not_know_is_named()
    {
        InvalidOperationException unknown = Assert.Throws<InvalidOperationException>(() => OperatorCounter.Count(() =>
        {
            using TorchSharp.torch.Tensor x = TorchSharp.torch.empty([4], device: TorchSharp.torch.META), y = x.erf();
        }));
        Assert.Contains("aten::erf", unknown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(8160, 0.50, 0.38)]
    [InlineData(16320, 1.15, 0.90)]
    [InlineData(32640, 2.95, 2.45)]
    public void A_prediction_is_the_sum_of_what_it_is_made_of_and_meets_the_targets(int tokens, double target, double float8Target)
    {
        Ceiling card = Ceiling.OfCard("h100")!;
        PredictedWork forward = new Prediction(Model, card, Counts).Forward(tokens, Sound), float8 = new Prediction(Model, card, Float8Counts).Forward(tokens, Sound);
        Assert.InRange(forward.Seconds, card.Seconds(forward.Work), target);
        Assert.InRange(float8.Seconds, card.Seconds(forward.Work) / 2, float8Target);
        Assert.Equal(forward.Parts.Sum(part => part.Seconds), forward.Seconds, 1e-9);
        Assert.True(forward.Host < forward.Seconds);
        Assert.True(new Prediction(Model, Ceiling.OfCard("4090")!, Counts).Forward(tokens, Sound).Seconds > 2 * forward.Seconds);
    }

    [Fact]
    public void Kernels_take_half_of_the_bytes_and_a_third_of_the_kernels_of_their_plain_twins()
    {
        WorkCount fused = Counts.Block(16320, Sound), plain = new ModelCounts(Model, kernels: false).Block(16320, Sound);
        Assert.InRange(fused.Bytes / plain.Bytes, 0.4, 0.6);
        Assert.InRange(fused.KernelCount / plain.KernelCount, 0.3, 0.4);
        Assert.Equal(plain.Work, fused.Work);
        // What q, k and v share is rounded once.
        Assert.Equal(2 * (1 + 1 + 1 + 1 + 1 + 1 + 1 + 2 + 1), Float8Counts.Block(16320, Sound).Kernels.Where(kernel => kernel.Key.Class == KernelClass.Rounding).Sum(kernel => kernel.Value));
    }

    private static void Add(Dictionary<string, double> counted, string part, WorkCount work)
    {
        // What is not there is not written down; where it comes, that is a difference.
        void Row(string what, double value)
        {
            if (value != 0) counted.Add($"{part}\t{what}", value);
        }

        Row("operators", work.Calls);
        Row("kernels", work.KernelCount);
        Row("tensors made of the host's numbers", work.Uploads);
        Row("bytes", work.Bytes);
        foreach (KernelClass kind in Enum.GetValues<KernelClass>()) Row($"bytes of {kind}", work.BytesOf(kind));
        Row("operations", work.Work.Total);
    }

    private static List<string> Differences(Dictionary<string, double> expected, Dictionary<string, double> counted) =>
    [
        .. expected.Keys.Union(counted.Keys)
            .Where(row => !expected.TryGetValue(row, out double was) || !counted.TryGetValue(row, out double now) || Math.Abs(now - was) > Tolerance * was)
            .Select(row => string.Create(CultureInfo.InvariantCulture, $"{row}: {expected.GetValueOrDefault(row):0} written down, {counted.GetValueOrDefault(row):0} now")),
    ];

    private static Dictionary<string, double> Read(string part = "") =>
        File.ReadLines(Recorded).Where(line => line.StartsWith(part, StringComparison.Ordinal))
            .ToDictionary(line => line[..line.LastIndexOf('\t')], line => double.Parse(line[(line.LastIndexOf('\t') + 1)..], CultureInfo.InvariantCulture));

    private static void Write(Dictionary<string, double> counted) => File.WriteAllLines(Recorded, counted.Select(row => string.Create(CultureInfo.InvariantCulture, $"{row.Key}\t{row.Value:0}")));
}
