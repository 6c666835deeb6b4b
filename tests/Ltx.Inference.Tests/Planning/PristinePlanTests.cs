using Ltx.Inference.Generation;
using Ltx.Inference.Native;
using Ltx.Inference.Planning;
using Ltx.Inference.Recipes;
using Ltx.Inference.Synthesis;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Planning;

/// <summary>Where a model's own weights stay, by what the host has.</summary>
public sealed class PristinePlanTests : IDisposable
{
    private const long Gigabyte = 1_000_000_000, Margin = 8L << 30;

    private readonly string root = Directory.CreateTempSubdirectory("ltx-host-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Theory]
    [InlineData(40, 0, 49, PinnedWeights.Auto, PristineSource.Pinned)]
    [InlineData(40, 0, 48, PinnedWeights.Auto, PristineSource.File)]
    [InlineData(40, 30, 79, PinnedWeights.Auto, PristineSource.Pinned)]
    [InlineData(40, 30, 78, PinnedWeights.Auto, PristineSource.File)]
    [InlineData(40, 30, 20, PinnedWeights.On, PristineSource.Pinned)]
    [InlineData(40, 0, 200, PinnedWeights.Off, PristineSource.File)]
    public void They_are_pinned_where_the_host_has_room_beside_what_is_streamed(long pristine, long streamed, long host, PinnedWeights wish, PristineSource expected)
    {
        PristinePlan plan = PristinePlan.Choose(pristine * Gigabyte, streamed * Gigabyte, host * Gigabyte, liesInMemory: false, wish);
        Assert.Equal((expected, expected == PristineSource.Pinned ? pristine * Gigabyte : 0), (plan.Source, plan.Bytes));
        if (wish == PinnedWeights.Auto) Assert.Contains($"{pristine}.0 GB{(streamed > 0 ? $" beside {streamed}.0 GB of streamed blocks" : "")}, and the host has {host}.0 GB, of which 8.6 GB are to stay free", plan.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PinnedWeights.Auto, PristineSource.Mapped)]
    [InlineData(PinnedWeights.On, PristineSource.Mapped)]
    [InlineData(PinnedWeights.Off, PristineSource.File)]
    public void A_file_in_memory_is_never_copied(PinnedWeights wish, PristineSource expected)
    {
        PristinePlan plan = PristinePlan.Choose(40 * Gigabyte, 0, 500 * Gigabyte, liesInMemory: true, wish);
        Assert.Equal((expected, 0), (plan.Source, plan.Bytes));
    }

    [Theory]
    [InlineData(80_000, WeightFormat.Checkpoint, WeightFormat.Full)]
    [InlineData(null, WeightFormat.Checkpoint, WeightFormat.Checkpoint)]
    [InlineData(1, WeightFormat.Checkpoint, WeightFormat.Checkpoint)]
    [InlineData(80_000, WeightFormat.Float8, WeightFormat.Float8)]
    public void A_float8_file_is_kept_in_what_it_is_multiplied_in_where_that_fits(int? megabytes, WeightFormat asked, WeightFormat kept)
    {
        string models = System.IO.Path.Combine(Repository.Root, "models");
        ModelFolder folder = new ImaginedModel(ModelPreset.Read(System.IO.Path.Combine(models, "presets", "tiny.json")), new SynthesisOptions(Layers: 2, Float8Blocks: 1), models).Folder;
        MemoryKeeper keeper = new(folder, CPU, ScalarType.BFloat16, new InpaintOptions(Weights: asked, Memory: megabytes * 1_000_000L));
        Assert.Equal(kept, keeper.Format);
    }

    [Fact]
    public void The_real_model_is_counted_by_its_published_files()
    {
        ModelPreset preset = ModelPreset.Read(Path.Combine(Repository.Root, "models", "presets", "ltx-2.3-22b.json"));
        ModelFacts facts = ModelFacts.Of(preset);
        // Nearly all of the transformer is linear layers, in bfloat16.
        long numbers = facts.Transformer.Layers * facts.Block.Numbers + facts.Ends.Numbers;
        Assert.InRange(facts.PristineBytes, 2 * numbers - numbers / 100, 2 * numbers);
        MemoryPlanner planner = MemoryPlanner.For(preset, ScalarType.BFloat16, DeviceType.CUDA);
        MemoryPlan plan = planner.Choose(new RequestShape(121, 1088, 1920), CardMemory.Usual[2].Available, float8: false);
        Assert.True(plan.PinnedHost > 0);
        Assert.Equal(PristineSource.Pinned, planner.Pristine(plan, facts.PristineBytes + plan.PinnedHost + Margin).Source);
        Assert.Equal(PristineSource.File, planner.Pristine(plan, facts.PristineBytes + plan.PinnedHost + Margin - 1).Source);
    }

    [Fact]
    public void The_miniature_is_counted_by_what_its_file_holds()
    {
        ModelFolder folder = ModelFolder.Open(Repository.Miniature);
        using Checkpoint checkpoint = Checkpoint.Open(folder.Checkpoint);
        using Ltx.Inference.Transformer.LtxTransformer transformer = new(checkpoint, CPU, ScalarType.Float32);
        using SafetensorsFile file = SafetensorsFile.Open(folder.Checkpoint);
        Assert.Equal(transformer.Linears.Keys.Sum(name => file.Tensors[$"model.diffusion_model.{name}.weight"].Length), ModelFacts.Read(folder).PristineBytes);
    }

    [Fact]
    public void Two_workers_that_load_at_once_do_not_count_on_the_same_memory()
    {
        PristinePlan Choose(long left) => PristinePlan.Choose(40 * Gigabyte, 5 * Gigabyte, left, liesInMemory: false, PinnedWeights.Auto);
        long Host() => 110 * Gigabyte;
        using HostClaim first = HostClaim.Make(Host, Choose, 5 * Gigabyte), second = HostClaim.Make(Host, Choose, 5 * Gigabyte);
        Assert.Equal((PristineSource.Pinned, PristineSource.Pinned), (first.Plan.Source, second.Plan.Source));
        // The same host, but for what the first two are going to take.
        using HostClaim third = HostClaim.Make(Host, Choose, 5 * Gigabyte);
        Assert.Equal(PristineSource.File, third.Plan.Source);
        first.Dispose();
        third.Dispose();
        using HostClaim fourth = HostClaim.Make(Host, Choose, 5 * Gigabyte);
        Assert.Equal(PristineSource.Pinned, fourth.Plan.Source);
    }

    [Fact]
    public void What_the_device_does_not_hold_must_fit_into_the_host_before_anything_is_loaded_and_before_a_request_begins()
    {
        ModelFolder folder = ModelFolder.Open(Repository.Miniature);
        MemoryPlanner planner = MemoryPlanner.For(folder, ScalarType.Float32, DeviceType.CPU);
        // By a recipe that works on clips in their own size: another would bring both to the same.
        Recipe recipe = RecipeBook.Open("until-now");
        RequestShape small = new(9, 64, 64) { Recipe = recipe }, large = new(17, 320, 512) { Recipe = recipe };
        MemoryArrangement Streaming(int blocks) => MemoryArrangement.Resident with { Text = TextResidency.Streams, StreamedBlocks = blocks, VaeElements = 1L << 22 };
        // As much as the large one takes with all blocks streamed; the small one is happy with none.
        long limit = planner.Predict(large, long.MaxValue, Streaming(6)).Worst.Total;
        long host = 0;
        MemoryKeeper keeper = new(folder, CPU, ScalarType.Float32, new InpaintOptions(Memory: limit, PlannedFor: small), () => host);
        Assert.Equal((0, PristineSource.File), (keeper.First.PinnedHost, keeper.Pristine!.Source));
        keeper.Loaded();
        MemoryArrangement current = keeper.First.Arrangement;
        InferenceException refused = Assert.Throws<InferenceException>(() => keeper.Plan(large, current));
        Assert.Equal(Fault.Input, refused.Fault);
        Assert.Matches($@"^{large} do not fit on this server's machine: [0-9.]+ GB more of the weights would have to leave the device for pinned host memory, of which 0 GB are left\.", refused.Message);
        host = planner.PinnedHost(Streaming(6));
        MemoryPlan plan = keeper.Plan(large, current);
        Assert.True(plan.PinnedHost > 0);
        // What is there already is not asked for again.
        host = 0;
        Assert.Equal(plan.PinnedHost, keeper.Plan(large, plan.Arrangement).PinnedHost);
        Assert.Equal(0, keeper.Plan(small, current).PinnedHost);

        InferenceException atLoad = Assert.Throws<InferenceException>(() => new MemoryKeeper(folder, CPU, ScalarType.Float32, new InpaintOptions(Memory: limit, PlannedFor: large), () => 0));
        Assert.Matches($@"^Of this model's weights [0-9.]+ GB do not fit on the device for {large}, and have to be pinned in host memory, of which 0 GB are left\.", atLoad.Message);
    }

    [Fact]
    public void A_hosts_memory_is_what_the_system_has_and_what_its_control_groups_allow()
    {
        void Write(string path, string text)
        {
            string full = Path.Combine(root, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(full, text);
        }

        Write("proc/meminfo", "MemTotal:       65536000 kB\nMemFree:          100000 kB\nMemAvailable:   48828125 kB\n");
        Assert.Equal(50 * Gigabyte, HostMemory.ReadAvailable(root));
        Write("proc/self/cgroup", "0::/system.slice/ltx.service\n");
        Write("sys/fs/cgroup/system.slice/ltx.service/memory.max", "max\n");
        Write("sys/fs/cgroup/system.slice/ltx.service/memory.current", "1000000000\n");
        Assert.Equal(50 * Gigabyte, HostMemory.ReadAvailable(root));
        // A container or a service around it: what its file cache takes is given up, memory-backed files are not.
        Write("sys/fs/cgroup/system.slice/memory.max", "30000000000\n");
        Write("sys/fs/cgroup/system.slice/memory.current", "20000000000\n");
        Write("sys/fs/cgroup/system.slice/memory.stat", "anon 4000000000\nfile 16000000000\nshmem 6000000000\n");
        Assert.Equal(20 * Gigabyte, HostMemory.ReadAvailable(root));
        // The older version of control groups, as older distributions and their containers have it: limits of the group and of one around it.
        Write("proc/self/cgroup", "5:cpu,cpuacct:/elsewhere\n4:memory:/docker/abc\n0::/\n");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        Write("sys/fs/cgroup/memory/memory.usage_in_bytes", "15000000000\n");
        Write("sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "24000000000\n");
        Write("sys/fs/cgroup/memory/docker/abc/memory.usage_in_bytes", "15000000000\n");
        Write("sys/fs/cgroup/memory/docker/abc/memory.stat", "cache 1\nshmem 1\ntotal_cache 10000000000\ntotal_shmem 4000000000\n");
        Assert.Equal(15 * Gigabyte, HostMemory.ReadAvailable(root));
        // Inside a container the group's own path may not be there, and its limit is that of the root.
        Write("proc/self/cgroup", "4:memory:/docker/other\n");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "16000000000\n");
        Assert.Equal(Gigabyte, HostMemory.ReadAvailable(root));
    }

    [Fact]
    public void This_host_has_some()
    {
        Assert.InRange(HostMemory.Available, 1L << 20, 1L << 50);
    }
}
