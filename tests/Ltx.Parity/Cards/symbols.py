"""Whether a libtorch has what this build calls, in two seconds: tests/gpu runs it before anything else.

    symbols.py TORCH_LIB LIBTORCHSHARP NAMES

Every symbol that LibTorchSharp leaves to others is looked up in the libtorch of that folder. Functions bind when they are called, so that a missing
one ends a process in the midst of its work. NAMES is a file with what our own code asks for by name, where a name may have another in its place.
"""

import ctypes
import re
import struct
import sys
from pathlib import Path

def undefined(path):
    """Names of an ELF file's dynamic symbols that it does not define itself (weak ones may stay away)."""
    data = path.read_bytes()
    (sections,) = struct.unpack_from("<Q", data, 0x28)
    size, count = struct.unpack_from("<HH", data, 0x3A)
    headers = [struct.unpack_from("<IIQQQQIIQQ", data, sections + i * size) for i in range(count)]
    symbols = next(header for header in headers if header[1] == 11)  # SHT_DYNSYM
    strings = headers[symbols[6]][4]
    for at in range(symbols[4] + 24, symbols[4] + symbols[5], 24):
        name, info, _, section = struct.unpack_from("<IBBH", data, at)
        if section == 0 and info >> 4 == 1:
            end = data.index(b"\0", strings + name)
            yield data[strings + name:end].decode()


def main(folder, bridge, ours):
    names = [name for name in ("c10", "torch_cpu", "c10_cuda", "torch_cuda", "torch") if (folder / f"lib{name}.so").exists()]
    libraries = [ctypes.CDLL(str(folder / f"lib{name}.so")) for name in names] + [ctypes.CDLL(name) for name in ("libstdc++.so.6", "libgcc_s.so.1", "libm.so.6")]
    needed = list(undefined(bridge))
    missing = [name for name in needed if not any(hasattr(library, name) for library in libraries)]
    torch = [name for name in missing if re.search("at|c10|torch|caffe2", name)]
    print(f"{folder}: {', '.join(names)}; {len(needed)} symbols are asked for, {len(missing)} are missing", *missing, sep="\n  ")
    absent = [name for name in ours.read_text().split() if not any(hasattr(library, name) for library in libraries)]
    print(f"  of {len(ours.read_text().split())} names that are looked up, {len(absent)} are missing: {' '.join(absent)}")
    return 1 if torch else 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:4])))
