#!/usr/bin/env python3
"""Makes the goldens of training: what the public reference's own trainer makes of a batch, as cases that Ltx.Training is held against.

    tests/reference/training.py --reference DIR --model FOLDER --out GOLDENS [--seed 1] [--only a,b] [--packed]

DIR is a checkout of the reference (github.com/Lightricks/LTX-2), FOLDER a model folder, GOLDENS gets `cases/` in the form of
tests/goldens-training, of which README.md there says what each case holds. `--packed` writes beside each case what the repository keeps of it.

The trainer's own methods make a step (`LtxvTrainer._training_step`, `_init_optimizer`, `_create_scheduler`, its `FlexibleStrategy`, its samplers,
and `scripts/process_videos.py` for the data); only what it takes from other packages is done here: low-rank sides as peft makes them, and
clipping, which accelerate hands to torch. Random numbers are prescribed, so that the order in which they are drawn shows. Everything is
computed in float32 on one thread of the processor, and a second time in float64 with the same sigmas: `float32_relative_error` says by tensor
what the one differs from the other, `float32_move_relative_error` and `float32_move_cosine` how well the ways of what was trained agree.

Needs a Python with torch, torchvision, safetensors, einops, Pillow, PyAV, pandas, pydantic, PyYAML, rich, scipy and typer; those of Debian 13 serve.
"""

import argparse
import contextlib
import json
import logging
import sys
from pathlib import Path
from unittest.mock import patch

from models import Reference, import_reference
from packed import pack
from training_cases import CASES, OPTIMIZATION, Material

PACKAGES = ("ltx-core", "ltx-pipelines", "ltx-trainer")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--reference", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="names of cases, separated by commas")
    parser.add_argument("--packed", action="store_true", help="writes each case as the repository keeps it, too: packed")
    return parser.parse_args()


@contextlib.contextmanager
def wide_booleans(torch):
    """A mean over a mask counts in float64 then, too: the reference makes its boolean masks into numbers with float()."""
    narrow = torch.Tensor.float
    with patch.object(torch.Tensor, "float", lambda tensor: tensor.double() if tensor.dtype == torch.bool else narrow(tensor)):
        yield


def compute(reference, material, name):
    """The case in float32, and its outputs in float64."""
    material.begin(name)
    tensors, values = CASES[name](reference, material)
    with reference.in_float64(), wide_booleans(material.torch):
        material.begin(name)
        exact, _ = CASES[name](reference, material)
    return tensors, values, exact


def sensitivity(tensors, exact):
    """By output, what float32 differs from float64, relative to it; nothing for what is no number of theirs, or zero."""
    outputs = [key for key, tensor in tensors.items() if key.startswith("out.") and tensor.is_floating_point() and exact[key].norm() > 0]
    return {key: ((tensors[key].double() - exact[key].double()).norm() / exact[key].double().norm()).item() for key in outputs}


def moves(torch, tensors, exact):
    """By what was trained, how its way in float32 differs from the one in float64, relative to that, and the cosine between both."""
    errors, cosines = {}, {}
    for key in (key for key in tensors if key.startswith("out.after.")):
        start = tensors[key.replace("out.after.", "in.lora.")].double()
        way, wide = ((end[key].double() - start).flatten() for end in (tensors, exact))
        errors[key] = ((way - wide).norm() / wide.norm()).item()
        cosines[key] = torch.nn.functional.cosine_similarity(way, wide, dim=0).item()
    return {"float32_move_relative_error": errors, "float32_move_cosine": cosines} if errors else {}


def write(path, tensors, metadata):
    """Safetensors with its metadata in order: the library shuffles them, and the same case is to be the same file."""
    from safetensors.torch import save

    content = save(tensors, metadata)
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[end:])


def main():
    arguments = parse_arguments()
    names = arguments.only.split(",") if arguments.only else list(CASES)
    if unknown := [name for name in names if name not in CASES]:
        sys.exit(f"There is no case {', '.join(unknown)}; there are {', '.join(CASES)}.")
    import torch
    # Before anything stands in for what it would use if it were there.
    import torchvision  # noqa: F401

    # Sums in one order.
    torch.set_num_threads(1)
    import_reference(arguments.reference, torch, PACKAGES)
    sys.path.insert(0, str(arguments.reference / "packages" / "ltx-trainer" / "scripts"))
    logging.disable(logging.WARNING)
    reference = Reference(torch, arguments.model, "cpu")
    reference.transformer.train().set_gradient_checkpointing(OPTIMIZATION["enable_gradient_checkpointing"])
    material = Material(reference, arguments.seed)
    cases = arguments.out / "cases"
    cases.mkdir(parents=True, exist_ok=True)
    for name in names:
        tensors, values, exact = compute(reference, material, name)
        if broken := [key for key, tensor in tensors.items() if tensor.is_floating_point() and not tensor.isfinite().all()]:
            sys.exit(f"{name}: not finite: {', '.join(broken)}.")
        values |= {"float32_relative_error": sensitivity(tensors, exact), "torch": torch.__version__} | moves(torch, tensors, exact)
        path = cases / f"{name}.safetensors"
        metadata = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
        write(path, {key: tensor.detach().contiguous().clone() for key, tensor in tensors.items()}, metadata)
        if arguments.packed:
            pack(path)
        worst = max(values["float32_relative_error"].values(), default=0)
        print(f"{name}: {len(tensors)} tensors, float32 differs by {worst:.1e} at most", flush=True)
    print(f"torch {torch.__version__}: {len(names)} cases in {arguments.out}")


if __name__ == "__main__":
    main()
