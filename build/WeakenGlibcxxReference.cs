using System;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Marks one versioned symbol reference of an ELF64 library weak, in the built output's copy.
/// libLibTorchSharp.so refers to a symbol of GCC 13's libstdc++ that it never calls; the loader of a distribution
/// with an older libstdc++ (Debian 12 ends at GLIBCXX_3.4.30) refuses the whole library for it.
/// A weak version reference and a weak undefined symbol make it load; on newer systems nothing changes.
/// </summary>
public sealed class WeakenGlibcxxReference : Task
{
    const string Version = "GLIBCXX_3.4.32";
    const string Symbol = "_ZSt21ios_base_library_initv";
    const int DynamicSymbols = 11, VersionNeeds = 0x6ffffffe;
    const byte WeakVersion = 2;
    const byte WeakBinding = 2;

    /// <summary>The library as it comes from the package.</summary>
    [Required] public string Source { get; set; }

    /// <summary>Where the changed copy goes; a hard link there is replaced, never written through.</summary>
    [Required] public string Destination { get; set; }

    public override bool Execute()
    {
        byte[] elf = File.ReadAllBytes(Source);
        if (elf.Length < 64 || elf[0] != 0x7f || elf[1] != 'E' || elf[4] != 2)
        {
            Log.LogError("{0} is not a 64-bit ELF file.", Source);
            return false;
        }
        long sectionTable = (long)U64(elf, 0x28);
        int sectionSize = U16(elf, 0x3a), sections = U16(elf, 0x3c);
        for (int i = 0; i < sections; i++)
        {
            long header = sectionTable + (long)i * sectionSize;
            uint type = U32(elf, header + 4);
            if (type != DynamicSymbols && type != VersionNeeds) continue;
            long offset = (long)U64(elf, header + 24), size = (long)U64(elf, header + 32);
            long strings = (long)U64(elf, sectionTable + (long)U32(elf, header + 40) * sectionSize + 24);
            if (type == DynamicSymbols) WeakenSymbol(elf, offset, size, strings);
            else WeakenVersion(elf, offset, (int)U32(elf, header + 44), strings);
        }
        File.Delete(Destination);
        File.WriteAllBytes(Destination, elf);
        // Same size and time as the source: the build's own copy step then sees an unchanged file and leaves ours.
        File.SetLastWriteTimeUtc(Destination, File.GetLastWriteTimeUtc(Source));
        return true;
    }

    static void WeakenSymbol(byte[] elf, long offset, long size, long strings)
    {
        const int EntrySize = 24;
        for (long at = offset; at < offset + size; at += EntrySize)
            if (Name(elf, strings + U32(elf, at)) == Symbol)
                elf[at + 4] = (byte)((WeakBinding << 4) | (elf[at + 4] & 0xf));
    }

    static void WeakenVersion(byte[] elf, long offset, int files, long strings)
    {
        for (long need = offset; files-- > 0; need += U32(elf, need + 12))
        {
            long entry = need + U32(elf, need + 8);
            for (int left = U16(elf, need + 2); left-- > 0; entry += U32(elf, entry + 12))
                if (Name(elf, strings + U32(elf, entry + 8)) == Version)
                    elf[entry + 4] |= WeakVersion;
        }
    }

    static string Name(byte[] elf, long at)
    {
        int end = Array.IndexOf(elf, (byte)0, (int)at);
        return Encoding.ASCII.GetString(elf, (int)at, end - (int)at);
    }

    static ushort U16(byte[] elf, long at) { return BitConverter.ToUInt16(elf, (int)at); }
    static uint U32(byte[] elf, long at) { return BitConverter.ToUInt32(elf, (int)at); }
    static ulong U64(byte[] elf, long at) { return BitConverter.ToUInt64(elf, (int)at); }
}
