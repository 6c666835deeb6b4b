#!/usr/bin/env python3
"""Makes goldens: what the public reference computes with a model folder, as cases that Ltx.Parity compares with.

    tests/reference/goldens.py --reference DIR --model FOLDER --out GOLDENS [--clip 192x128x17] [--fps 24] [--seed 1] [--only a,b] [--device cuda]

DIR is a checkout of the reference (github.com/Lightricks/LTX-2). FOLDER is a model folder, for instance one that `ltx models synth` has made;
GOLDENS gets `model` (a link to it) and `cases/`, in the form of tests/goldens, of which README.md there says what each case holds. Every size
comes from the folder's configs and from the clip, which is the full-size one: its half has to be whole cells of the VAE, too.

Everything is computed in float32 without TF32, noise is drawn on the processor. The transformer's cases record the error that the reference
itself makes in bfloat16: ours has to stay within three times of it. Text is not among the cases: the reference leaves Gemma to a library.

Needs a Python with torch, safetensors and einops, and torchaudio for the case `audio`, which is left out where that is missing.
"""

import argparse
import importlib.util
import json
import sys
from pathlib import Path

from cases import CASES
from clip import Clip
from models import Reference, import_reference


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--reference", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--clip", default="192x128x17", help="width x height x frames, full size")
    parser.add_argument("--fps", type=float, default=24.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=6, help="of the whole pipeline's first stage")
    parser.add_argument("--strength", type=float, default=0.9, help="video_strength of the whole pipeline")
    parser.add_argument("--only", help="names of cases, separated by commas")
    parser.add_argument("--device", default="cpu")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    names = arguments.only.split(",") if arguments.only else list(CASES)
    if unknown := [name for name in names if name not in CASES]:
        sys.exit(f"There is no case {', '.join(unknown)}; there are {', '.join(CASES)}.")
    import torch
    from safetensors.torch import save_file

    # Float32 means float32.
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.set_grad_enabled(False)
    if "audio" in names and importlib.util.find_spec("torchaudio") is None:
        names.remove("audio")
        print("audio: left out, torchaudio is not installed")
    import_reference(arguments.reference, torch)
    reference = Reference(torch, arguments.model, arguments.device)
    clip = Clip(reference, arguments)
    cases = arguments.out / "cases"
    cases.mkdir(parents=True, exist_ok=True)
    link = arguments.out / "model"
    if not link.exists():
        link.symlink_to(arguments.model.resolve())
    for name in names:
        clip.begin(name)
        tensors, values = CASES[name](reference, clip)
        if broken := [key for key, tensor in tensors.items() if tensor.is_floating_point() and not tensor.isfinite().all()]:
            sys.exit(f"{name}: not finite: {', '.join(broken)}.")
        metadata = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
        save_file({key: tensor.float().contiguous().clone() if tensor.is_floating_point() else tensor.contiguous() for key, tensor in tensors.items()}, cases / f"{name}.safetensors", metadata)
        print(f"{name}: {len(tensors)} tensors", flush=True)
    print(f"torch {torch.__version__} on {arguments.device}: {len(names)} cases in {arguments.out}")


if __name__ == "__main__":
    main()
