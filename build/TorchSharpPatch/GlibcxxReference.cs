using System.Text;

namespace TorchSharpPatch;

/// <summary>
/// Marks one versioned symbol reference of a 64-bit ELF library weak.
/// libLibTorchSharp.so refers to a symbol of GCC 13's libstdc++ that it never calls; the loader of a distribution
/// with an older libstdc++ (Debian 12 ends at GLIBCXX_3.4.30) refuses the whole library for it.
/// A weak version reference and a weak undefined symbol make it load; on newer systems nothing changes.
/// </summary>
internal static class GlibcxxReference
{
    private const string Version = "GLIBCXX_3.4.32";
    private const string Symbol = "_ZSt21ios_base_library_initv";

    // System V ABI, and the Linux Standard Base for the section of version references.
    private const int DynamicSymbols = 11, VersionNeeds = 0x6ffffffe;
    private const byte WeakVersion = 2;
    private const byte WeakBinding = 2;

    /// <exception cref="PatchException">The library does not refer exactly once to that symbol and to that version.</exception>
    public static void Weaken(byte[] elf)
    {
        const byte Is64Bit = 2;
        bool isElf = elf.Length >= 64 && elf[0] == 0x7f && elf.AsSpan(1, 3).SequenceEqual("ELF"u8);
        if (!isElf || elf[4] != Is64Bit) throw new PatchException("this is no 64-bit ELF file");
        long sectionTable = (long)U64(elf, 0x28);
        int sectionSize = U16(elf, 0x3a), sections = U16(elf, 0x3c), symbols = 0, versions = 0;
        for (int i = 0; i < sections; i++)
        {
            long header = sectionTable + ((long)i * sectionSize);
            uint type = U32(elf, header + 4);
            if (type is not (DynamicSymbols or VersionNeeds)) continue;
            long offset = (long)U64(elf, header + 24), size = (long)U64(elf, header + 32);
            long strings = (long)U64(elf, sectionTable + (U32(elf, header + 40) * (long)sectionSize) + 24);
            if (type == DynamicSymbols) symbols += WeakenSymbol(elf, offset, size, strings);
            else versions += WeakenVersion(elf, offset, (int)U32(elf, header + 44), strings);
        }
        if (symbols == 1 && versions == 1) return;
        throw new PatchException($"the library refers {symbols} times to {Symbol} and {versions} to {Version}, and the patch is for one of each");
    }

    private static int WeakenSymbol(byte[] elf, long offset, long size, long strings)
    {
        const int EntrySize = 24;
        int found = 0;
        for (long at = offset; at < offset + size; at += EntrySize)
        {
            if (Name(elf, strings + U32(elf, at)) != Symbol) continue;
            elf[at + 4] = (byte)((WeakBinding << 4) | (elf[at + 4] & 0xf));
            found++;
        }
        return found;
    }

    private static int WeakenVersion(byte[] elf, long offset, int files, long strings)
    {
        int found = 0;
        for (long need = offset; files-- > 0; need += U32(elf, need + 12))
        {
            long entry = need + U32(elf, need + 8);
            for (int left = U16(elf, need + 2); left-- > 0; entry += U32(elf, entry + 12))
            {
                if (Name(elf, strings + U32(elf, entry + 8)) != Version) continue;
                elf[entry + 4] |= WeakVersion;
                found++;
            }
        }
        return found;
    }

    private static string Name(byte[] elf, long at)
    {
        int end = Array.IndexOf(elf, (byte)0, (int)at);
        return Encoding.ASCII.GetString(elf, (int)at, end - (int)at);
    }

    private static ushort U16(byte[] elf, long at) => BitConverter.ToUInt16(elf, (int)at);

    private static uint U32(byte[] elf, long at) => BitConverter.ToUInt32(elf, (int)at);

    private static ulong U64(byte[] elf, long at) => BitConverter.ToUInt64(elf, (int)at);
}
