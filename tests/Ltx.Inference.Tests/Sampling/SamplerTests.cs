using Ltx.Inference.Latents;
using Ltx.Inference.Sampling;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Sampling;

[Fast]
public sealed class SamplerTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();
    private readonly LinearDenoiser denoiser = new(new StreamPair(randn([1, 6, 4], generator: new Generator(11)), randn([1, 3, 5], generator: new Generator(12))));

    public void Dispose() => scope.Dispose();

    public static TheoryData<ISampler> Samplers => [new Res2sSampler(), new EulerSampler(), new EulerCfgPpSampler(1, 5), new EulerCfgPpSampler(0, 5), new EulerCfgPpSampler(1, 5, PerTokenLevels: true), new Res2sSampler(PerTokenLevels: true)];

    [Theory]
    [InlineData(8)]
    [InlineData(15)]
    [InlineData(30)]
    public void The_refinement_in_closed_form_equals_its_hundred_steps(int steps)
    {
        // In float64 throughout, so that only the formula can differ.
        LatentState video = LinearDenoiser.Stream(6, 4, 1, ScalarType.Float64), audio = LinearDenoiser.Stream(3, 5, 2, ScalarType.Float64);
        IReadOnlyList<float> sigmas = SigmaSchedule.Ltx2(steps, 500);
        (StreamPair expected, int refined) = Res2sLoop.Run(sigmas, video, audio, denoiser);
        Assert.True(refined > steps / 2, $"{refined} steps are short enough to be refined");
        StreamPair actual = new Res2sSampler().Run(sigmas, video, audio, denoiser, null, CancellationToken.None);
        Assert.InRange(Error(actual.Video, expected.Video), 0, 1e-12);
        Assert.InRange(Error(actual.Audio, expected.Audio), 0, 1e-12);
        // And the refinement is no trifle.
        Assert.True(Error(new Res2sSampler(Refine: false).Run(sigmas, video, audio, denoiser, null, CancellationToken.None).Video, expected.Video) > 1e-6);
    }

    [Fact]
    public void Euler_follows_its_formula()
    {
        LatentState video = LinearDenoiser.Stream(6, 4, 1, ScalarType.Float32), audio = LinearDenoiser.Stream(3, 5, 2, ScalarType.Float32);
        StreamPair x = new(video.Latent.to(ScalarType.Float64), audio.Latent.to(ScalarType.Float64));
        float[] sigmas = [1, 0.9f, 0.6f, 0.2f, 0];
        for (int i = 0; i < sigmas.Length - 1; i++)
        {
            double sigma = sigmas[i], next = sigmas[i + 1];
            StreamPair clean = denoiser.Denoise(x, sigma);
            // x' = x + velocity * (next - sigma), velocity = (x - clean) / sigma
            x = new StreamPair(x.Video + (x.Video - clean.Video) / sigma * (next - sigma), x.Audio + (x.Audio - clean.Audio) / sigma * (next - sigma));
        }
        StreamPair actual = new EulerSampler().Run(sigmas, video, audio, denoiser, null, CancellationToken.None);
        Assert.InRange(Error(actual.Video, x.Video), 0, 1e-6);
        Assert.InRange(Error(actual.Audio, x.Audio), 0, 1e-6);
    }

    [Theory]
    [MemberData(nameof(Samplers))]
    public void A_frozen_stream_keeps_its_latent_exactly(ISampler sampler)
    {
        LatentState video = LinearDenoiser.Stream(6, 4, 1, ScalarType.Float32), audio = LinearDenoiser.Stream(3, 5, 2, ScalarType.Float32).Freeze();
        LatentState noised = audio.WithNoise(Seeded.Normal(1, [1, 3, 5]), 1);
        Assert.True(noised.Latent.equal(audio.Latent).all().item<bool>());
        StreamPair end = sampler.Run(SigmaSchedule.Ltx2(8, 100), video, noised, denoiser, null, CancellationToken.None);
        Assert.True(end.Audio.equal(audio.Latent).all().item<bool>());
        Assert.False(end.Video.isclose(video.Latent).any().item<bool>());
    }

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Tokens_that_are_kept_come_out_as_they_are_given(ISampler sampler)
    {
        Tensor clean = Seeded.Normal(1, [1, 6, 4]), keep = tensor(new float[] { 1, 0, 0, 1, 0, 0 }).view(1, 6, 1);
        LatentState video = (LinearDenoiser.Stream(6, 4, 1, ScalarType.Float32) with { Clean = clean, DenoiseMask = 1 - keep }).WithNoise(Seeded.Normal(2, [1, 6, 4]), 1);
        StreamPair end = sampler.Run(SigmaSchedule.Ltx2(8, 100), video, LinearDenoiser.Stream(3, 5, 2, ScalarType.Float32), denoiser, null, CancellationToken.None);
        Tensor same = end.Video.eq(clean).to(ScalarType.Float32).mean([-1]);
        Assert.Equal([1, 0, 0, 1, 0, 0], same.data<float>().ToArray());
    }

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Every_evaluation_is_told_and_their_number_is_known_before(ISampler sampler)
    {
        LatentState video = LinearDenoiser.Stream(6, 4, 1, ScalarType.Float32), audio = LinearDenoiser.Stream(3, 5, 2, ScalarType.Float32);
        foreach (int steps in new[] { 1, 3, 8 })
        {
            List<int> told = [];
            denoiser.Sigmas.Clear();
            StreamPair end = sampler.Run(SigmaSchedule.Ltx2(steps, 100), video, audio, denoiser, told.Add, CancellationToken.None);
            Assert.Equal(Enumerable.Range(1, sampler.Evaluations(steps)), told);
            Assert.Equal(told.Count, denoiser.Sigmas.Count);
            Assert.True(end.Video.isfinite().all().item<bool>() && end.Audio.isfinite().all().item<bool>());
            // Noise only falls, and no level of 0 is asked of the model.
            Assert.Equal(denoiser.Sigmas.OrderDescending(), denoiser.Sigmas);
            Assert.All(denoiser.Sigmas, sigma => Assert.InRange(sigma, 0.001, 1));
        }
    }

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Cancelled_it_asks_the_model_no_more(ISampler sampler)
    {
        LatentState video = LinearDenoiser.Stream(6, 4, 1, ScalarType.Float32), audio = LinearDenoiser.Stream(3, 5, 2, ScalarType.Float32);
        using CancellationTokenSource source = new();
        Assert.Throws<OperationCanceledException>(() => sampler.Run(SigmaSchedule.Ltx2(8, 100), video, audio, denoiser, done =>
        {
            if (done == 3) source.Cancel();
        }, source.Token));
        Assert.Equal(3, denoiser.Sigmas.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Levels_of_their_own_are_the_targets_where_all_tokens_have_it(double eta)
    {
        LatentState video = LinearDenoiser.Stream(6, 4, 1, ScalarType.Float32), audio = LinearDenoiser.Stream(3, 5, 2, ScalarType.Float32);
        foreach ((ISampler byTarget, ISampler byToken) in new (ISampler, ISampler)[] { (new EulerCfgPpSampler(eta, 5), new EulerCfgPpSampler(eta, 5, PerTokenLevels: true)), (new Res2sSampler(eta), new Res2sSampler(eta, PerTokenLevels: true)) })
        {
            StreamPair one = byTarget.Run(SigmaSchedule.Ltx2(8, 100), video, audio, denoiser, null, CancellationToken.None), other = byToken.Run(SigmaSchedule.Ltx2(8, 100), video, audio, denoiser, null, CancellationToken.None);
            Assert.InRange(Error(other.Video, one.Video), 0, 1e-5);
            Assert.InRange(Error(other.Audio, one.Audio), 0, 1e-5);
        }
        // And they matter where tokens differ.
        LatentState half = video with { DenoiseMask = full_like(video.DenoiseMask, 0.5) };
        Assert.True(eta == 0 || Error(new EulerCfgPpSampler(eta, 5, PerTokenLevels: true).Run(SigmaSchedule.Ltx2(8, 100), half, audio, denoiser, null, CancellationToken.None).Video,
            new EulerCfgPpSampler(eta, 5).Run(SigmaSchedule.Ltx2(8, 100), half, audio, denoiser, null, CancellationToken.None).Video) > 1e-3);
    }

    [Fact]
    public void Res2s_without_fresh_noise_solves_a_constant_prediction_exactly()
    {
        // Where the model always predicts the same picture, a step of any length lies on a straight line: x = clean + sigma' / sigma * (x - clean).
        ConstantDenoiser constant = new(new StreamPair(ones(1, 6, 4), ones(1, 3, 5)));
        LatentState video = LinearDenoiser.Stream(6, 4, 1, ScalarType.Float64), audio = LinearDenoiser.Stream(3, 5, 2, ScalarType.Float64);
        StreamPair end = new Res2sSampler(Eta: 0, Refine: false).Run([0.9f, 0.3f], video, audio, constant, null, CancellationToken.None);
        Tensor expected = 1 + (video.Latent - 1) * ((double)0.3f / 0.9f);
        Assert.InRange(Error(end.Video, expected), 0, 1e-12);
    }

    private static double Error(Tensor actual, Tensor expected)
    {
        Assert.Equal(expected.shape, actual.shape);
        return ((actual - expected).norm() / expected.norm()).to(ScalarType.Float64).item<double>();
    }

    private sealed class ConstantDenoiser(StreamPair picture) : IDenoiser
    {
        public StreamPair Denoise(StreamPair latents, double sigma) => new(picture.Video.to(latents.Video.dtype), picture.Audio.to(latents.Audio.dtype));

        public (StreamPair Guided, StreamPair Negative) DenoiseBoth(StreamPair latents, double sigma) => (Denoise(latents, sigma), Denoise(latents, sigma));
    }
}
