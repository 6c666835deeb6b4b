using Ltx.Training.Steps;
using Ltx.Inference;
using Ltx.Inference.Lora;
using Ltx.Inference.Tests.TextEncoder;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;
using Ltx.Training.Checkpoints;
using Ltx.Training.Tests.Forward;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Training.Tests.Checkpoints;

/// <summary>A training from its first step to its file, and over interruptions.</summary>
[Collection(Alone.Name)]
public sealed class TrainerTests : IDisposable
{
    private static readonly TrainingIdentity Identity = new("golden model", "random clips");
    private static readonly TrainingOptions Options = new() { Kind = TrainingKind.Inpaint, Rank = 2, Steps = 6, LearningRate = 1e-2, CheckpointEvery = 2 };

    private readonly string root = Directory.CreateTempSubdirectory("ltx-training-").FullName;
    private readonly ModelParts parts = new();
    private readonly LtxTransformer transformer;
    private readonly RandomClips clips;

    public TrainerTests()
    {
        transformer = new LtxTransformer(parts.Checkpoint, CPU, ScalarType.Float32);
        clips = new RandomClips(transformer.Config);
    }

    public void Dispose()
    {
        transformer.Dispose();
        parts.Dispose();
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public void The_loss_falls_on_a_clip_that_is_seen_again_and_again()
    {
        TrainingOptions options = Options with { Steps = 40, Batch = 2, Full = false };
        List<StepReport> reports = [];
        using (Trainer trainer = Begin("falls", options))
        {
            while (!trainer.IsComplete) reports.Add(trainer.Next());
        }
        // At one noise level, before and after: the drawn levels differ, and with them the loss.
        Assert.Equal(Enumerable.Range(1, 40), reports.Select(report => report.Step));
        Assert.True(reports.TakeLast(10).Average(report => report.Loss) < 0.9 * reports.Take(10).Average(report => report.Loss), string.Join(' ', reports.Select(report => report.Loss)));
    }

    [Fact]
    public void A_training_that_was_killed_ends_bit_for_bit_as_one_that_was_not()
    {
        using (Trainer undisturbed = Begin("whole"))
        {
            while (!undisturbed.IsComplete) undisturbed.Next();
        }
        // Killed in the third step, one behind a state, and in the sixth.
        foreach (int steps in new[] { 3, 2 })
        {
            using Trainer killed = Begin("killed");
            for (int i = 0; i < steps; i++) killed.Next();
        }
        using (Trainer last = Begin("killed"))
        {
            Assert.Equal(4, last.ResumedFrom);
            while (!last.IsComplete) last.Next();
        }
        Assert.Equal(File.ReadAllBytes(Path("whole", "lora.safetensors")), File.ReadAllBytes(Path("killed", "lora.safetensors")));
        Assert.Equal(File.ReadAllBytes(Path("whole", "state.safetensors")), File.ReadAllBytes(Path("killed", "state.safetensors")));
        Assert.Equal(Losses("whole"), Losses("killed"));
        Assert.Equal(6, Losses("whole").Count);
    }

    [Fact]
    public void A_state_is_not_gone_on_from_with_other_options()
    {
        using (Trainer first = Begin("other"))
        {
            first.Next();
            first.Next();
        }
        TrainingException e = Assert.Throws<TrainingException>(() => Begin("other", Options with { Rank = 4 }));
        Assert.Contains("its weights is rank 2, alpha 2, and rank 4, alpha 4 is asked for", e.Message, StringComparison.Ordinal);
        Assert.Equal(Fault.Input, e.Fault);
        // What it holds is still there.
        using Trainer again = Begin("other");
        Assert.Equal(2, again.Done);
    }

    [Fact]
    public void A_damaged_state_is_said_to_be_one()
    {
        Directory.CreateDirectory(Path("damaged"));
        File.WriteAllText(Path("damaged", "state.safetensors"), "half of some");
        Assert.Contains("delete it to begin anew", Assert.Throws<TrainingException>(() => Begin("damaged")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_learned_is_a_LoRA_that_everybody_reads_with_alpha_in_it()
    {
        TrainingOptions options = Options with { Kind = TrainingKind.VideoToVideo, Alpha = 1, Steps = 2, ReferenceDownscale = 2, Trigger = "SKS" };
        using (Trainer trainer = Begin("file", options with { ReferenceDownscale = 1 }))
        {
            while (!trainer.IsComplete) trainer.Next();
        }
        using LoraFile lora = LoraFile.Open(Path("file", "lora.safetensors"));
        Assert.Equal((LoraKind.Reference, 1, 1, true), (lora.Kind, lora.ReferenceDownscale, lora.ReferenceTemporalScale, lora.HasReference));
        Assert.Equal(transformer.Config.Layers * 10, lora.Modules.Count);
        Assert.Equal(lora.Modules.Count, new LoraMerger(transformer.Weights).Match(lora).Matched);
        using SafetensorsFile file = SafetensorsFile.Open(Path("file", "lora.safetensors")), state = SafetensorsFile.Open(Path("file", "state.safetensors"));
        Assert.All(file.Tensors.Values, entry => Assert.Equal(Inference.Native.ElementType.BFloat16, entry.Type));
        Assert.Equal(("v2v", "SKS", "golden model", "2"), (file.Metadata["training_kind"], file.Metadata["trigger_phrase"], file.Metadata["base_model"], file.Metadata["training_steps"]));
        const string Name = "transformer_blocks.0.attn1.to_q.lora_B.weight";
        using Tensor saved = file.View(file.Tensors["diffusion_model." + Name]), trained = state.View(state.Tensors["values." + Name]), half = (trained * 0.5).to(ScalarType.BFloat16);
        Assert.True(saved.equal(half).all().item<bool>());
    }

    [Fact]
    public void All_weights_of_a_small_model_are_trained_into_a_file_of_the_same_form()
    {
        string file;
        using (LtxTransformer own = new(parts.Checkpoint, CPU, ScalarType.Float32))
        {
            TrainingFolder folder = new(Path("full"));
            using Trainer trainer = new(new TrainedModel(own, TrainingClip.Scale), clips, Options with { Full = true, Steps = 2, LearningRate = 1e-4 }, folder, Identity);
            while (!trainer.IsComplete) trainer.Next();
            file = folder.Final;
        }
        using SafetensorsFile before = SafetensorsFile.Open(parts.Model.Checkpoint), after = SafetensorsFile.Open(file);
        Assert.Equal(before.Tensors.Values.Select(Form).Order(StringComparer.Ordinal), after.Tensors.Values.Select(Form).Order(StringComparer.Ordinal));
        Assert.Equal(before.Metadata["config"], after.Metadata["config"]);
        bool Changed(string name)
        {
            using Tensor one = before.View(before.Tensors[name]), other = after.View(after.Tensors[name]);
            return !one.equal(other).all().item<bool>();
        }
        Assert.True(Changed("model.diffusion_model.transformer_blocks.1.ff.net.2.weight"));
        Assert.True(Changed("model.diffusion_model.transformer_blocks.0.scale_shift_table"));
        Assert.False(Changed("model.diffusion_model.transformer_blocks.1.audio_ff.net.2.weight"));
        Assert.DoesNotContain(before.Tensors.Keys.Where(name => !name.StartsWith("model.diffusion_model.", StringComparison.Ordinal)), Changed);
    }

    [Fact]
    public void Between_two_steps_the_model_is_what_it_was()
    {
        using TrainingClip clip = new(transformer.Config);
        using Trainer trainer = Begin("between");
        Tensor Pass()
        {
            using var scope = NewDisposeScope();
            var step = clip.Step();
            return Output(step.ToStream(transformer, clip.Sample.Context)).MoveToOuterDisposeScope();
        }
        using Tensor before = Pass();
        trainer.Next();
        using Tensor after = Pass();
        Assert.True(before.equal(after).all().item<bool>());
    }

    [Fact]
    public void A_model_with_numbers_that_are_none_is_said_to_have_them()
    {
        using TrainingClip clip = new(transformer.Config);
        using (no_grad()) transformer.Linears["proj_out"].Weight.Tensors[0].fill_(float.NaN);
        using Trainer trainer = Begin("broken");
        Assert.Contains("In step 1 the loss is NaN", Assert.Throws<TrainingException>(() => trainer.Next()).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path("broken", "state.safetensors")));
    }

    private Tensor Output(StreamInput video)
    {
        using var noGradient = no_grad();
        PassState pass = transformer.Prepare(video, null);
        StreamTokens tokens = transformer.Embed(pass);
        for (int i = 0; i < transformer.Config.Layers; i++) tokens = transformer.Block(i, tokens, pass, Perturbations.None);
        return transformer.Output(tokens, pass).Video;
    }

    private static string Form(TensorEntry entry) => $"{entry.Name} {entry.Type} {string.Join('x', entry.Shape)}";

    private Trainer Begin(string folder, TrainingOptions? options = null) =>
        new(new TrainedModel(transformer, TrainingClip.Scale), clips, options ?? Options, new TrainingFolder(Path(folder)), Identity);

    private string Path(params string[] parts) => System.IO.Path.Combine([root, .. parts]);

    // Without the seconds.
    private List<string> Losses(string folder) => [.. File.ReadLines(Path(folder, "loss.csv")).Skip(1).Select(line => line[..line.LastIndexOf(',')])];

    private sealed class RandomClips(TransformerConfig config) : ISampleSource
    {
        public int Count => 3;

        public TrainingSample Read(int index) => new TrainingClip(config, seed: (ulong)(10 * index + 1)).Sample;
    }
}
