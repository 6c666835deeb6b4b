using System.Diagnostics;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace TorchSharpPatch;

/// <summary>
/// Lets the arguments of TorchSharp's methods live until the methods return.
/// TorchSharp hands the address inside a <c>Scalar</c>, a <c>Tensor</c> or a <c>Generator</c> to libtorch without holding on to the object. In
/// optimized code an object is dead behind its last use, so a collection during the call finalizes it and frees the memory that libtorch reads.
/// Where an assembly says that it is to be debugged, the JIT neither optimizes nor inlines its methods and keeps all their arguments and variables
/// to the end. What TorchSharp's methods do themselves is little beside what they call.
/// </summary>
internal static class ArgumentLifetimes
{
    // What compilers write in Release and in Debug builds.
    private const DebuggableAttribute.DebuggingModes Optimized = DebuggableAttribute.DebuggingModes.IgnoreSymbolStoreSequencePoints;
    private const DebuggableAttribute.DebuggingModes Debuggable = Optimized | DebuggableAttribute.DebuggingModes.Default
        | DebuggableAttribute.DebuggingModes.EnableEditAndContinue | DebuggableAttribute.DebuggingModes.DisableOptimizations;

    // ECMA-335 II.23.3: the prolog 0x0001, the constructor's arguments, the number of named ones; II.24.2.4: a byte of length before a short blob.
    private static readonly byte[] OptimizedValue = Value(Optimized), DebuggableValue = Value(Debuggable);

    /// <exception cref="PatchException">The assembly does not have exactly one such attribute, or not with the value of a Release build.</exception>
    public static void Extend(byte[] assembly)
    {
        using PEReader image = new([.. assembly]);
        if (!image.HasMetadata || image.GetMetadataReader() is not { IsAssembly: true } metadata)
        {
            throw new PatchException("this is no .NET assembly");
        }
        CustomAttributeHandle debuggable = Single(metadata, nameof(DebuggableAttribute));
        BlobHandle old = metadata.GetCustomAttribute(debuggable).Value;
        if (!metadata.GetBlobBytes(old).AsSpan().SequenceEqual(OptimizedValue))
        {
            string found = Convert.ToHexString(metadata.GetBlobBytes(old));
            throw new PatchException($"the assembly's {nameof(DebuggableAttribute)} is not that of a Release build: {found}");
        }
        // Equal values are kept once, and 2 is Cdecl's number, too: the value stays as it is for others, and the attribute gets one of its own.
        int value = MakeRoom(metadata, assembly, image.PEHeaders.MetadataStartOffset + metadata.GetHeapMetadataOffset(HeapIndex.Blob));

        // II.22.10: a row of the table ends with where its value lies in the heap, in two bytes or in four.
        int size = metadata.GetHeapSize(HeapIndex.Blob) > ushort.MaxValue ? sizeof(uint) : sizeof(ushort);
        int behind = MetadataTokens.GetRowNumber(debuggable) * metadata.GetTableRowSize(TableIndex.CustomAttribute);
        int row = metadata.GetTableMetadataOffset(TableIndex.CustomAttribute) + behind - size;
        Span<byte> place = assembly.AsSpan(image.PEHeaders.MetadataStartOffset + row, size);
        if (Read(place) != MetadataTokens.GetHeapOffset(old)) throw new PatchException("the table of attributes is not laid out as expected");
        for (int i = 0; i < size; i++) place[i] = (byte)(value >> (8 * i));

        using PEReader again = new([.. assembly]);
        MetadataReader changed = again.GetMetadataReader();
        byte[] read = changed.GetBlobBytes(changed.GetCustomAttribute(Single(changed, nameof(DebuggableAttribute))).Value);
        if (!read.AsSpan().SequenceEqual(DebuggableValue)) throw new PatchException("the patch did not take");
    }

    // The end of a text that nobody reads, the URL in AssemblyMetadata("RepositoryUrl", ...), gives the bytes for another value behind it.
    private static int MakeRoom(MetadataReader metadata, byte[] assembly, int heap)
    {
        BlobHandle donor = metadata.GetCustomAttribute(Single(metadata, nameof(AssemblyMetadataAttribute))).Value;
        byte[] text = metadata.GetBlobBytes(donor);
        int room = DebuggableValue.Length + 1, second = 3 + text[2];
        bool isShared = metadata.CustomAttributes.Count(handle => metadata.GetCustomAttribute(handle).Value == donor) != 1;
        bool fits = text.Length < 0x80 && text[second] >= room && second + text[second] + 3 == text.Length;
        if (isShared || !fits) throw new PatchException($"{nameof(AssemblyMetadataAttribute)} has no room for another value");
        text[second] -= (byte)room;
        int start = MetadataTokens.GetHeapOffset(donor), value = start + 1 + text.Length - room;
        byte[] both = [(byte)(text.Length - room), .. text[..^(room + 2)], 0, 0, (byte)DebuggableValue.Length, .. DebuggableValue];
        both.CopyTo(assembly, heap + start);
        return value;
    }

    private static CustomAttributeHandle Single(MetadataReader metadata, string name)
    {
        CustomAttributeHandleCollection all = metadata.GetAssemblyDefinition().GetCustomAttributes();
        CustomAttributeHandle[] found = [.. all.Where(handle => NameOf(metadata, metadata.GetCustomAttribute(handle)) == name)];
        if (found.Length == 1) return found[0];
        throw new PatchException($"the assembly has {found.Length} attributes {name}, and the patch is for exactly one");
    }

    private static string? NameOf(MetadataReader metadata, CustomAttribute attribute)
    {
        if (attribute.Constructor.Kind != HandleKind.MemberReference) return null;
        EntityHandle parent = metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent;
        return parent.Kind == HandleKind.TypeReference ? metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)parent).Name) : null;
    }

    private static byte[] Value(DebuggableAttribute.DebuggingModes modes) => [1, 0, .. BitConverter.GetBytes((int)modes), 0, 0];

    private static int Read(ReadOnlySpan<byte> little)
    {
        int number = 0;
        for (int i = little.Length - 1; i >= 0; i--) number = (number << 8) | little[i];
        return number;
    }
}
