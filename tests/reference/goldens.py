#!/usr/bin/env python3
"""Makes goldens: what the public reference computes with a model folder, as cases that Ltx.Parity compares with.

    tests/reference/goldens.py --reference DIR --model FOLDER --out GOLDENS [--clip 192x128x17] [--fps 24] [--seed 1] [--only a,b] [--device cuda] [--packed]

DIR is a checkout of the reference (github.com/Lightricks/LTX-2). FOLDER is a model folder, for instance one that `ltx models synth` has made;
GOLDENS gets `model` (a link to it) and `cases/`, in the form of tests/goldens, of which README.md there says what each case holds. Every size
comes from the folder's configs and from the clip, which is the full-size one: its half has to be whole cells of the VAE, too.

Everything is computed in float32 without TF32, noise is drawn on the processor. Every case records, tensor by tensor, what the reference's own
float32 differs from its own float64 (`float32_relative_error`), and the transformer's cases the error that it makes in bfloat16: ours has to stay
within three times of that. `--sensitivity-only` computes the cases anew and adds `float32_relative_error` alone to the files that are there,
whose numbers stay as they were recorded. `--packed` writes beside each case what the repository keeps of it (packed.py). Text is not among the cases: the reference leaves Gemma to a library.

Needs a Python with torch, safetensors, einops and Pillow, and torchaudio for the cases `audio` and `official`, which are left out where that is
missing; the model folder of `official` has to have an in/outpainting adapter.
"""

import argparse
import importlib.util
import json
import sys
from pathlib import Path

from cases import CASES
from clip import Clip
from models import Reference, import_reference
from packed import pack, unpack

NEEDING_TORCHAUDIO = {"audio", "official"}


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
    parser.add_argument("--sensitivity-only", action="store_true", help="adds the sensitivity to recorded cases, and changes nothing else")
    parser.add_argument("--packed", action="store_true", help="writes each case as the repository keeps it, too: packed")
    return parser.parse_args()


def sensitivity(reference, clip, name, tensors):
    """By output, what the case's float32 differs from its float64."""
    with reference.in_float64():
        clip.begin(name)
        exact, _ = CASES[name](reference, clip)
    outputs = [key for key, tensor in tensors.items() if key.startswith("out.") and tensor.is_floating_point() and exact[key].norm() > 0]
    return {key: ((tensors[key].double() - exact[key].double()).norm() / exact[key].double().norm()).item() for key in outputs}


def recorded(path, safe_open, found):
    """A recorded case's tensors and metadata, after a look whether the case is the one that was computed anew."""
    with safe_open(path, "pt") as file:
        tensors, metadata = {key: file.get_tensor(key) for key in file.keys()}, file.metadata()
    for key, tensor in tensors.items():
        if key.startswith("in.") and (key not in found or not tensor.allclose(found[key].to(tensor.dtype), rtol=1e-4, atol=1e-5)):
            sys.exit(f"{path}: {key} is not what these arguments give; the sensitivity would be another case's.")
    return tensors, metadata


def main():
    arguments = parse_arguments()
    names = arguments.only.split(",") if arguments.only else list(CASES)
    if unknown := [name for name in names if name not in CASES]:
        sys.exit(f"There is no case {', '.join(unknown)}; there are {', '.join(CASES)}.")
    import torch
    from safetensors import safe_open
    from safetensors.torch import save_file

    # Float32 means float32.
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.set_grad_enabled(False)
    for name in NEEDING_TORCHAUDIO & set(names) if importlib.util.find_spec("torchaudio") is None else ():
        names.remove(name)
        print(f"{name}: left out, torchaudio is not installed")
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
        tensors = {key: tensor.float().contiguous().clone() if tensor.is_floating_point() else tensor.contiguous() for key, tensor in tensors.items()}
        metadata = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
        error = json.dumps(sensitivity(reference, clip, name, tensors))
        path = cases / f"{name}.safetensors"
        if arguments.sensitivity_only:
            path.write_bytes(unpack(path))
            tensors, metadata = recorded(path, safe_open, tensors)
        save_file(tensors, path, metadata | {"float32_relative_error": error})
        if arguments.packed:
            pack(path)
        print(f"{name}: {len(tensors)} tensors", flush=True)
    print(f"torch {torch.__version__} on {arguments.device}: {len(names)} cases in {arguments.out}")


if __name__ == "__main__":
    main()
