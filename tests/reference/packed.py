#!/usr/bin/env python3
"""Packs safetensors files as the repository keeps them, `X.safetensors.xz` beside `X.safetensors`, which git ignores: random numbers of 16 and 32
bits take a third and a fifth less. The programs unpack them again, each once (Ltx.Inference, PackedFiles); so does `xz -dk`.

    tests/reference/packed.py FILE...
"""

import lzma
import os
import sys
from pathlib import Path

EXTENSION = ".xz"


def pack(path):
    """Writes the packed file beside the plain one; of equal time, the one is known to be the other's."""
    content = path.read_bytes()
    # Which byte of a number a byte is tells more about it than its neighbours do: two bytes a number, four, or no numbers.
    ways = ({"lc": 3, "lp": 1, "pb": 1}, {"lc": 2, "lp": 2, "pb": 2}, {})
    packed = min((lzma.compress(content, filters=[{"id": lzma.FILTER_LZMA2, "preset": 6 | lzma.PRESET_EXTREME} | way]) for way in ways), key=len)
    result = path.with_name(path.name + EXTENSION)
    result.write_bytes(packed)
    time = result.stat().st_mtime_ns
    os.utime(path, ns=(time, time))
    return result


def unpack(path):
    """The plain file's content, for whoever has the packed one alone."""
    return path.read_bytes() if path.exists() else lzma.decompress(path.with_name(path.name + EXTENSION).read_bytes())


if __name__ == "__main__":
    for name in sys.argv[1:] or sys.exit(__doc__):
        plain = Path(name)
        print(f"{name}: {plain.stat().st_size} -> {pack(plain).stat().st_size}", flush=True)
