using Ltx.Inference.Weights;

namespace Ltx.Inference.Tests.Weights;

/// <summary>A golden case as the repository holds it, in a folder of its own.</summary>
public sealed class PackedFilesTests : IDisposable
{
    private const string Case = "schedule.safetensors";

    private readonly string folder = Directory.CreateTempSubdirectory("ltx-packed-").FullName;

    public PackedFilesTests()
    {
        Directory.CreateDirectory(Path.Combine(folder, "cases"));
        File.Copy(Path.Combine(Repository.Goldens, "cases", Case + PackedFiles.Extension), Packed);
    }

    private string Plain => Path.Combine(folder, "cases", Case);

    private string Packed => Plain + PackedFiles.Extension;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_file_is_unpacked_once_and_again_when_the_packed_one_is_another()
    {
        List<string> told = [];
        PackedFiles.Unpack(folder, told.Add);
        Assert.Equal([Plain], told);
        byte[] content = File.ReadAllBytes(Plain);
        using (SafetensorsFile file = SafetensorsFile.Open(Plain)) Assert.Contains("out.stage2", file.Tensors.Keys);

        PackedFiles.Unpack(folder, told.Add);
        Assert.Single(told);

        File.WriteAllText(Plain, "of an older version");
        PackedFiles.Unpack(folder, told.Add);
        Assert.Equal([Plain, Plain], told);
        Assert.Equal(content, File.ReadAllBytes(Plain));
        Assert.Equal([Plain, Packed], Directory.GetFiles(Path.GetDirectoryName(Plain)!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Several_at_once_find_the_same_whole_file()
    {
        byte[] content = File.ReadAllBytes(Path.Combine(Repository.Goldens, "cases", Case));
        byte[][] found = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            PackedFiles.Unpack(folder);
            return File.ReadAllBytes(Plain);
        })));
        Assert.All(found, one => Assert.Equal(content, one));
    }

    [Fact]
    public void What_cannot_be_unpacked_is_a_sentence_and_leaves_nothing_behind()
    {
        byte[] packed = File.ReadAllBytes(Packed);
        File.WriteAllBytes(Packed, packed[..(packed.Length / 2)]);
        Assert.Contains("is damaged", Assert.Throws<WeightsException>(() => PackedFiles.Unpack(folder)).Message, StringComparison.Ordinal);
        Array.Fill(packed, (byte)0x55, packed.Length / 3, 64);
        File.WriteAllBytes(Packed, packed);
        Assert.Contains("is damaged", Assert.Throws<WeightsException>(() => PackedFiles.Unpack(folder)).Message, StringComparison.Ordinal);
        Assert.Equal([Packed], Directory.GetFiles(Path.GetDirectoryName(Packed)!));

        Directory.CreateDirectory(Plain);
        File.Copy(Path.Combine(Repository.Goldens, "cases", Case + PackedFiles.Extension), Packed, overwrite: true);
        Assert.Contains("has to be unpacked once", Assert.Throws<WeightsException>(() => PackedFiles.Unpack(folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_folder_is_opened_packed()
    {
        string model = Path.Combine(folder, "model");
        foreach (string file in Directory.EnumerateFiles(Repository.Miniature, "*", SearchOption.AllDirectories))
        {
            // The checkpoint alone is long; a case stands in for it.
            if (file.EndsWith(".safetensors", StringComparison.Ordinal)) continue;
            string copy = Path.Combine(model, Path.GetRelativePath(Repository.Miniature, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file.EndsWith("miniature.safetensors.xz", StringComparison.Ordinal) ? Packed : file, copy);
        }
        List<string> told = [];
        ModelFolder opened = ModelFolder.Open(model, told.Add);
        Assert.True(File.Exists(opened.Checkpoint) && File.Exists(opened.Upscaler));
        Assert.Contains(opened.Checkpoint, told);
        Assert.Equal(5, told.Count);
        using TensorArchive gemma = TensorArchive.OpenFolder(opened.TextEncoder);
        Assert.Equal(2, gemma.Files.Count);
    }
}
