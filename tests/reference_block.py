#!/usr/bin/env python3
"""Makes the public reference's numbers of one forward of a model folder's transformer, as a golden case that Ltx.Parity compares with.

    tests/reference_block.py --reference DIR --model FOLDER --out GOLDENS [--device cuda] [--tokens 640]

DIR is a checkout of the reference (github.com/Lightricks/LTX-2) or the folder with its `ltx_core`; FOLDER a model folder, for instance one that
`ltx models synth --preset ltx-2.3-22b --layers 2 --gemma-layers 2` has made; GOLDENS gets `model` (a link to it) and `cases/`. Needs a Python with
torch and safetensors that can import the reference.

The case holds inputs, every block's output and both velocities in float32 without TF32, and the error that the reference itself makes in
bfloat16: ours has to stay within three times of it.
"""

import argparse
import json
import math
import sys
from pathlib import Path

TEXT_TOKENS = 1024
FPS = 24.0
SIGMA = 0.7
PREFIX = "model.diffusion_model."
OTHERS = (PREFIX + "video_embeddings_connector.", PREFIX + "audio_embeddings_connector.")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--reference", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tokens", type=int, default=640, help="video tokens: frames of 8 x 10 cells")
    return parser.parse_args()


def import_reference(folder):
    for source in (folder / "packages" / "ltx-core" / "src", folder / "src", folder):
        if (source / "ltx_core").is_dir():
            sys.path.insert(0, str(source))
            return
    sys.exit(f"{folder} holds no ltx_core.")


def read_checkpoint(path):
    """The config, and the transformer's tensors by their names in the reference."""
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        config = json.loads(file.metadata()["config"])
        names = [name for name in file.keys() if name.startswith(PREFIX) and not name.startswith(OTHERS)]
        return config, {name[len(PREFIX):]: file.get_tensor(name) for name in names}


def build(torch, config, tensors, dtype, device):
    from ltx_core.model.transformer.model_configurator import LTXModelConfigurator

    with torch.device("meta"):
        model = LTXModelConfigurator.from_metadata({"config": config})
    missing, unexpected = model.load_state_dict({name: tensor.to(device, dtype) for name, tensor in tensors.items()}, strict=False, assign=True)
    if missing or unexpected:
        sys.exit(f"The reference's transformer and the file differ: missing {missing[:3]}, unexpected {unexpected[:3]}.")
    return model.eval().requires_grad_(False)


def inputs(torch, config, tokens):
    """Random latents and texts, positions of a clip of so many tokens; every other token is clean."""
    transformer = config["transformer"]
    video_width = transformer["num_attention_heads"] * transformer["attention_head_dim"]
    audio_width = transformer["audio_num_attention_heads"] * transformer["audio_attention_head_dim"]
    audio_channels = transformer.get("audio_in_channels", 128)
    height, width = 8, 10
    frames = max(1, tokens // (height * width))
    tokens = frames * height * width
    heard = round(((frames - 1) * 8 + 1) / FPS * 25)
    generator = torch.Generator().manual_seed(23)

    def random(*shape):
        return torch.randn(*shape, generator=generator)

    def axis(cells, scale):
        begin = torch.arange(cells, dtype=torch.float32) * scale
        return torch.stack([begin, begin + scale], -1)

    seconds = (axis(frames, 8) + 1 - 8).clamp(min=0) / FPS
    grid = torch.meshgrid(torch.arange(frames), torch.arange(height), torch.arange(width), indexing="ij")
    positions = torch.stack([axes[index.flatten()] for axes, index in zip((seconds, axis(height, 32), axis(width, 32)), grid)]).unsqueeze(0)
    sigma = torch.tensor([SIGMA])
    return {
        "video": {
            "latent": random(1, tokens, transformer["in_channels"]), "sigma": sigma, "timesteps": (SIGMA * (torch.arange(tokens) % 2).float()).view(1, tokens, 1),
            "positions": positions, "context": random(1, TEXT_TOKENS, video_width),
        },
        "audio": {
            "latent": random(1, heard, audio_channels), "sigma": sigma, "timesteps": torch.full((1, heard, 1), SIGMA),
            "positions": ((axis(heard, 4) + 1 - 4).clamp(min=0) * 160 / 16000).view(1, 1, heard, 2), "context": random(1, TEXT_TOKENS, audio_width),
        },
    }


def forward(torch, model, given, dtype, device):
    """Velocities and every block's tokens, in float32 on the host."""
    from ltx_core.model.transformer.modality import Modality

    def modality(stream):
        return Modality(
            latent=stream["latent"].to(device, dtype), sigma=stream["sigma"].to(device), timesteps=stream["timesteps"].squeeze(-1).to(device),
            positions=stream["positions"].to(device), context=stream["context"].to(device, dtype))

    blocks = {}

    def keep(index):
        def hook(_module, _arguments, output):
            for name, stream in zip(("video", "audio"), output):
                blocks[f"out.block{index}.{name}"] = stream.x.float().cpu().contiguous()

        return hook

    hooks = [block.register_forward_hook(keep(i)) for i, block in enumerate(model.transformer_blocks)]
    with torch.no_grad():
        velocities = model(modality(given["video"]), modality(given["audio"]), None)
    for hook in hooks:
        hook.remove()
    return {name: velocity.float().cpu().contiguous() for name, velocity in zip(("video", "audio"), velocities)}, blocks


def main():
    arguments = parse_arguments()
    import torch
    from safetensors.torch import save_file

    import_reference(arguments.reference)
    # Float32 means float32.
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    folder = json.loads((arguments.model / "model.json").read_text())
    config, tensors = read_checkpoint(arguments.model / folder["checkpoint"])
    given = inputs(torch, config, arguments.tokens)
    exact = build(torch, config, tensors, torch.float32, arguments.device)
    velocities, blocks = forward(torch, exact, given, torch.float32, arguments.device)
    del exact
    rounded = build(torch, config, tensors, torch.bfloat16, arguments.device)
    rough, _ = forward(torch, rounded, given, torch.bfloat16, arguments.device)
    errors = {name: ((rough[name] - velocities[name]).norm() / velocities[name].norm()).item() for name in velocities}
    if not all(math.isfinite(error) and 0 < error < 1 for error in errors.values()):
        sys.exit(f"The reference's own bfloat16 error is {errors}, which can be no measure.")

    case = {f"in.{name}.{key}": tensor.contiguous() for name, stream in given.items() for key, tensor in stream.items()} | blocks
    for name, velocity in velocities.items():
        case[f"out.{name}.velocity"] = velocity
        case[f"out.{name}.denoised"] = given[name]["latent"] - velocity * given[name]["timesteps"]
    (arguments.out / "cases").mkdir(parents=True, exist_ok=True)
    link = arguments.out / "model"
    if not link.exists():
        link.symlink_to(arguments.model.resolve())
    save_file(case, arguments.out / "cases" / "transformer_full_width.safetensors", {"bfloat16_relative_error": json.dumps(errors)})
    print(f"torch {torch.__version__}: {case['in.video.latent'].shape[1]} video tokens, {len(blocks) // 2} blocks of width {given['video']['context'].shape[-1]}; the reference's own bfloat16 error: " + ", ".join(f"{name} {error:.2e}" for name, error in errors.items()))


if __name__ == "__main__":
    main()
