using System.IO.MemoryMappedFiles;
using Ltx.Inference.Native;
using static TorchSharp.torch;

namespace Ltx.Inference.Weights;

/// <summary>
/// One memory-mapped safetensors file. Tensors look into the mapping, so nothing is read until it is used and nothing is held twice.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly MemoryMappedFile? mapping;
    private readonly MemoryMappedViewAccessor? view;
    private readonly nint start;
    private readonly Func<TensorEntry, Device, Tensor>? imagine;

    private SafetensorsFile(string path, SafetensorsHeader header, MemoryMappedFile mapping, MemoryMappedViewAccessor view)
    {
        Path = path;
        Tensors = header.Tensors;
        Metadata = header.Metadata;
        this.mapping = mapping;
        this.view = view;
        unsafe
        {
            byte* pointer = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
            start = (nint)pointer + (nint)view.PointerOffset;
        }
    }

    private SafetensorsFile(string name, IEnumerable<TensorEntry> tensors, IReadOnlyDictionary<string, string> metadata, Func<TensorEntry, Device, Tensor> imagine)
    {
        this.imagine = imagine;
        Path = name;
        Tensors = tensors.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
        Metadata = metadata;
    }

    /// <summary>The file's full path.</summary>
    public string Path { get; }

    /// <summary>All tensors by name.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    /// <summary>The file's own text metadata.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>A file that is nowhere: there is no view of its tensors.</summary>
    /// <param name="imagine">makes a tensor on a device, in the file's type and shape, with the same numbers whenever it is asked</param>
    internal static SafetensorsFile Imagined(string name, IEnumerable<TensorEntry> tensors, IReadOnlyDictionary<string, string> metadata, Func<TensorEntry, Device, Tensor> imagine) =>
        new(name, tensors, metadata, imagine);

    /// <summary>Whether it is nowhere.</summary>
    internal bool IsImagined => imagine is not null;

    /// <summary>Bytes and time of the last change, by which two states of a file are told apart.</summary>
    internal (long Length, DateTime Written) State => !IsImagined && new FileInfo(Path) is var info ? (info.Length, info.LastWriteTimeUtc) : default;

    /// <summary>A tensor of an imagined file.</summary>
    internal Tensor Imagine(TensorEntry entry, Device device) => imagine!(entry, device);

    /// <exception cref="WeightsException">The file is missing, unreadable or not a sound safetensors file.</exception>
    public static SafetensorsFile Open(string path)
    {
        // .NET answers such a path with an ArgumentException; it can come from an index.
        if (path.Length == 0 || path.Contains('\0')) throw new WeightsException($"\"{path.Replace('\0', ' ')}\" is not the path of a file.");
        string full = System.IO.Path.GetFullPath(path);
        try
        {
            // Opening a pipe would wait for a writer for ever. Neither it nor a device has a length, and asking for it does not open them.
            if (File.Exists(full) && (File.ResolveLinkTarget(full, returnFinalTarget: true) ?? new FileInfo(full)) is not FileInfo { Exists: true, Length: > 0 })
            {
                throw new WeightsException($"{full} is empty, or is not a regular file.");
            }
            using FileStream stream = new(full, FileMode.Open, FileAccess.Read, FileShare.Read);
            SafetensorsHeader header = SafetensorsHeader.Read(stream, full);
            MemoryMappedFile mapping = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            return new SafetensorsFile(full, header, mapping, mapping.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new WeightsException($"{full} does not exist.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WeightsException($"{full} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>
    /// A CPU tensor that looks into the file, in the file's element type. It must not be written to, and lives no longer than this file.
    /// </summary>
    public Tensor View(TensorEntry entry)
    {
        // libtorch reads elements at their natural alignment; the format does not promise one.
        nint data = Address(entry);
        if (entry.Length == 0 || data % entry.Type.Size() == 0) return ForeignMemory.AsTensor(data, entry.Type, entry.Shape);
        return AlignedCopy(data, entry);
    }

    /// <summary>Where a tensor lies in the mapping; valid as long as this is open.</summary>
    internal nint Address(TensorEntry entry) => view is null ? throw new InvalidOperationException($"{Path} is imagined: it has no numbers.") : start + (nint)entry.Offset;

    // One-byte types are always aligned, so the type here is one that TorchSharp can make.
    private static unsafe Tensor AlignedCopy(nint data, TensorEntry entry)
    {
        Tensor copy = empty(entry.Shape, (ScalarType)entry.Type);
        Buffer.MemoryCopy((void*)data, (void*)ForeignMemory.Address(copy), entry.Length, entry.Length);
        return copy;
    }

    /// <summary>Whether the file lies in memory itself, so that a copy of it would be a second one.</summary>
    internal bool LiesInMemory => !IsImagined && OperatingSystem.IsLinux() && FileSystem(Path) is "tmpfs" or "ramfs" or "hugetlbfs";

    // Null where the system does not say: in a changed root, whose mounts are not in the process's table.
    private static string? FileSystem(string path)
    {
        try
        {
            return new DriveInfo(path).DriveFormat;
        }
        catch (DriveNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Whole pages that hold the file.</summary>
    internal (nint Start, long Bytes) Pages => view is null ? throw new InvalidOperationException($"{Path} is imagined: it has no pages.") : (start, HostPages.Whole((long)view.SafeMemoryMappedViewHandle.ByteLength));

    /// <summary>Starts reading the whole file from the disk; returns at once.</summary>
    internal void ReadAhead()
    {
        if (view is not null) HostPages.Expect(start, (nint)view.Capacity);
    }

    public void Dispose()
    {
        view?.SafeMemoryMappedViewHandle.ReleasePointer();
        view?.Dispose();
        mapping?.Dispose();
    }
}
