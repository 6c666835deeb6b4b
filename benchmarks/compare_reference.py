#!/usr/bin/env python3
"""Times one forward of LTX-2.3's transformer, here and in the public reference implementation, on the same card in the same run.

    benchmarks/compare_reference.py --reference DIR [--tokens 8160,16320,32640]

DIR is a checkout of the reference (github.com/Lightricks/LTX-2) or the folder with its `ltx_core`. Needs a Python with torch that can
import it, and a CUDA device; `ltx` is built and run by the launcher beside this folder. Both sides compute in bfloat16 with random weights
of the same config (models/presets/ltx-2.3-22b.json), the same numbers of tokens and the same inputs: no mask, two noise levels.

Printed: seconds of both (median), the reference eager and with its blocks compiled, ratios, peak memory, and where the difference lies:
GPU time by kind of kernel, the reference's by torch.profiler, ours by `nsys` where that is installed.

Without a GPU, --dry-run LTX_JSON checks all but the measuring: the config, the sizes, a report of `ltx bench --json`, and the table.
"""

import argparse
import csv
import io
import json
import math
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRESETS = ROOT / "models" / "presets"
TEXT_TOKENS = 1024
FPS = 24.0
SIGMA = 0.7
TIME_SCALE, SPACE_SCALE = 8, 32

# Kinds of kernels by what their names contain; the first that fits. cuBLAS, cuDNN, FlashAttention, Inductor, and torch's own.
KINDS = [
    ("attention", r"flash|fmha|sdpa|attention|cudnn_generated_fort_native_sdpa"),
    ("matrix products", r"gemm|cutlass|cublas|nvjet|xmma|splitk|s16816|wgmma"),
    ("copies", r"memcpy|memset|copy_kernel|direct_copy|CatArray|index_select|gather"),
    ("norms", r"norm|rms|welford"),
    ("fused elementwise", r"triton"),
    ("elementwise", r"elementwise|vectorized|reduce|gelu|softmax|pointwise"),
]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--reference", type=Path, help="checkout of the reference implementation")
    parser.add_argument("--tokens", default="8160,16320,32640", help="video tokens, separated by commas")
    parser.add_argument("--repeat", type=int, default=5, help="measured forwards of each")
    parser.add_argument("--preset", default="ltx-2.3-22b", help="name of a file under models/presets: what both sides are built from")
    parser.add_argument("--layers", type=int, help="blocks of the transformer, where not all are wanted")
    parser.add_argument("--device", default="cuda", help="of both sides; cpu for a try with --preset tiny and few --tokens")
    parser.add_argument("--ltx", type=Path, default=ROOT / "ltx", help="the launcher, or another executable that takes `bench`")
    parser.add_argument("--skip-compiled", action="store_true", help="leave torch.compile out")
    parser.add_argument("--json", type=Path, help="write all figures to this file too")
    parser.add_argument("--dry-run", type=Path, metavar="LTX_JSON", help="no torch and no GPU: take our figures from this report")
    parser.add_argument("--reference-times", type=Path, metavar="JSON", help="with --dry-run: {\"eager\": {\"8160\": 0.67}, \"compiled\": {...}}")
    arguments = parser.parse_args()
    arguments.tokens = [int(count) for count in arguments.tokens.split(",")]
    if any(count <= 0 for count in arguments.tokens) or arguments.repeat < 1:
        parser.error("--tokens and --repeat must be positive")
    if arguments.dry_run is None and arguments.reference is None:
        parser.error("--reference is needed, or --dry-run")
    return arguments


def read_config(preset, layers):
    """The checkpoint's config as both sides get it."""
    config = json.loads((PRESETS / f"{preset}.json").read_text())["checkpoint"]["config"]
    if layers is not None:
        config["transformer"]["num_layers"] = layers
    return config


def sizes_of(config):
    transformer = config["transformer"]
    return {
        "layers": transformer["num_layers"],
        "video": transformer["num_attention_heads"] * transformer["attention_head_dim"],
        "audio": transformer["audio_num_attention_heads"] * transformer["audio_attention_head_dim"],
        "video_channels": transformer["in_channels"],
        "audio_channels": transformer.get("audio_in_channels", 128),
    }


def grid_of(tokens):
    """Frames, rows and columns of a clip with so many tokens: the same that `ltx bench` takes."""
    frames = max(count for count in range(1, min(16, tokens) + 1) if tokens % count == 0)
    area = tokens // frames
    height = max(side for side in range(1, math.isqrt(area) + 1) if area % side == 0)
    return frames, height, area // height


def audio_tokens_of(tokens):
    frames = (grid_of(tokens)[0] - 1) * TIME_SCALE + 1
    return round(frames / FPS * 25)


# --- ours --------------------------------------------------------------------------------------------------------------------------


def bench_command(arguments, tokens, repeat, report):
    command = [str(arguments.ltx), "bench", "--model", "synthetic", "--preset", arguments.preset, "--tokens", ",".join(map(str, tokens)), "--dtype", "bfloat16"]
    command += ["--device", arguments.device, "--repeat", str(repeat), "--json", str(report)]
    return command + (["--layers", str(arguments.layers)] if arguments.layers else [])


def run_ours(arguments):
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "ltx.json"
        subprocess.run(bench_command(arguments, arguments.tokens, arguments.repeat, report), check=True, stdout=sys.stderr)
        return read_report(report)


def read_report(path):
    """A report of `ltx bench --json` as {tokens: row}; a sentence if it is none."""
    try:
        report = json.loads(Path(path).read_text())
        return {row["tokens"]: {"seconds": row["seconds"]["median"], "tflop": row["work"]["tflop"], "memory": row["device_peak"]} for row in report["forwards"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"{path} is not a report of `ltx bench --tokens ... --json`: {error!r}")


def profile_ours(arguments, tokens):
    """GPU seconds of one forward by kind of kernel, by NVIDIA's profiler around the whole process; None where it is not installed."""
    if shutil.which("nsys") is None or arguments.device == "cpu":
        return None
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace"
        # As many forwards as two runs differ by: what is computed once, such as the weights, is taken away.
        sums = []
        for repeat in (1, 3):
            output = f"{trace}-{repeat}"
            subprocess.run(["nsys", "profile", "--trace=cuda", "--force-overwrite=true", "-o", output, *bench_command(arguments, [tokens], repeat, Path(folder) / "ltx.json")], check=True, stdout=sys.stderr)
            table = subprocess.run(["nsys", "stats", "--report", "cuda_gpu_kern_sum", "--format", "csv", f"{output}.nsys-rep"], check=True, capture_output=True, text=True).stdout
            sums.append(read_nsys(table))
    return {kind: (sums[1].get(kind, 0) - sums[0].get(kind, 0)) / 2 for kind in sums[1]}


def read_nsys(text):
    """Seconds by kind from the CSV of nsys, which has lines of its own before the header."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if "Total Time (ns)" in line)
    sums = {}
    for row in csv.DictReader(io.StringIO("\n".join(lines[start:]))):
        kind = kind_of(row["Name"])
        sums[kind] = sums.get(kind, 0) + float(row["Total Time (ns)"]) / 1e9
    return sums


def kind_of(kernel):
    return next((kind for kind, pattern in KINDS if re.search(pattern, kernel, re.IGNORECASE)), "other")


# --- the reference -----------------------------------------------------------------------------------------------------------------


def import_reference(folder):
    candidates = [folder / "packages" / "ltx-core" / "src", folder / "src", folder]
    source = next((path for path in candidates if (path / "ltx_core").is_dir()), None)
    if source is None:
        sys.exit(f"{folder} holds no ltx_core: expected one of {', '.join(str(path) for path in candidates)}.")
    sys.path.insert(0, str(source))


def build_reference(torch, config, device):
    """The reference's transformer with random weights, made on the device: deviations as `ltx bench` has them."""
    from ltx_core.model.transformer.model_configurator import LTXModelConfigurator

    with torch.device("meta"):
        model = LTXModelConfigurator.from_metadata({"config": config})
    model = model.to(torch.bfloat16).to_empty(device=device).eval().requires_grad_(False)
    for name, parameter in model.named_parameters():
        if name.endswith("norm.weight"):
            parameter.normal_(1, 0.02)
        elif parameter.dim() > 1 and "table" not in name:
            parameter.normal_(0, parameter[0].numel() ** -0.5)
        else:
            parameter.normal_(0, 0.02)
    return model


def reference_inputs(torch, config, tokens, device):
    from ltx_core.model.transformer.modality import Modality

    sizes = sizes_of(config)
    frames, height, width = grid_of(tokens)
    count = audio_tokens_of(tokens)

    def random(*shape):
        return torch.randn(*shape, dtype=torch.bfloat16, device=device)

    def axis(cells, scale):
        begin = torch.arange(cells, dtype=torch.float32) * scale
        return torch.stack([begin, begin + scale], -1)

    seconds = (axis(frames, TIME_SCALE) + 1 - TIME_SCALE).clamp(min=0) / FPS
    grid = torch.meshgrid(torch.arange(frames), torch.arange(height), torch.arange(width), indexing="ij")
    parts = [axes[index.flatten()] for axes, index in zip((seconds, axis(height, SPACE_SCALE), axis(width, SPACE_SCALE)), grid)]
    positions = torch.stack(parts).unsqueeze(0).to(device)
    heard = ((axis(count, 4) + 1 - 4).clamp(min=0) * 160 / 16000).view(1, 1, count, 2).to(device)
    # Every other token is clean.
    levels = SIGMA * (torch.arange(tokens, device=device) % 2).float().unsqueeze(0)
    sigma = torch.tensor([SIGMA], device=device)
    video = Modality(latent=random(1, tokens, sizes["video_channels"]), sigma=sigma, timesteps=levels, positions=positions, context=random(1, TEXT_TOKENS, sizes["video"]))
    audio = Modality(
        latent=random(1, count, sizes["audio_channels"]), sigma=sigma, timesteps=torch.full((1, count), SIGMA, device=device), positions=heard, context=random(1, TEXT_TOKENS, sizes["audio"]))
    return video, audio


def time_reference(torch, model, config, tokens, repeat, device):
    video, audio = reference_inputs(torch, config, tokens, device)

    def wait():
        if device != "cpu":
            torch.cuda.synchronize()

    times = []
    # The first compiles, where compiled, and lets libraries choose; the second is warm.
    for i in range(repeat + 2):
        wait()
        start = time.perf_counter()
        velocity = model(video, audio, None)[0]
        wait()
        if i >= 2:
            times.append(time.perf_counter() - start)
    if not torch.isfinite(velocity).all():
        sys.exit("The reference's forward gave numbers that are not finite, so its time would say nothing.")
    return statistics.median(times)


def profile_reference(torch, model, config, tokens, device):
    """GPU seconds of one forward by kind of kernel, and the longest kernels' table."""
    if device == "cpu":
        return None, ""
    from torch.profiler import ProfilerActivity, profile

    video, audio = reference_inputs(torch, config, tokens, device)
    model(video, audio, None)
    torch.cuda.synchronize()
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as profiler:
        model(video, audio, None)
        torch.cuda.synchronize()
    sums = {}
    for event in profiler.events():
        if str(event.device_type).endswith("CUDA"):
            kind = kind_of(event.name)
            # Microseconds; newer torch names it by device.
            sums[kind] = sums.get(kind, 0) + getattr(event, "device_time", getattr(event, "cuda_time", 0)) / 1e6
    return sums, profiler.key_averages().table(sort_by="cuda_time_total", row_limit=15)


def run_reference(arguments, config):
    import torch

    import_reference(arguments.reference)
    device = arguments.device
    result = {"torch": torch.__version__, "eager": {}, "compiled": {}, "memory": {}, "profiles": {}}
    with torch.no_grad():
        model = build_reference(torch, config, device)
        for tokens in arguments.tokens:
            if device != "cpu":
                torch.cuda.reset_peak_memory_stats()
            result["eager"][tokens] = time_reference(torch, model, config, tokens, arguments.repeat, device)
            if device != "cpu":
                result["memory"][tokens] = torch.cuda.max_memory_allocated()
        result["profiles"]["eager"], table = profile_reference(torch, model, config, arguments.tokens[-1], device)
        print(table)
        if not arguments.skip_compiled:
            from ltx_core.model.transformer.compiling import CompilationConfig, compile_transformer

            model = compile_transformer(model, CompilationConfig())
            for tokens in arguments.tokens:
                result["compiled"][tokens] = time_reference(torch, model, config, tokens, arguments.repeat, device)
            result["profiles"]["compiled"], table = profile_reference(torch, model, config, arguments.tokens[-1], device)
            print(table)
    return result


# --- both --------------------------------------------------------------------------------------------------------------------------


def print_ratios(ours, reference, tokens):
    """One row a number of tokens. A ratio below 1: ours is faster."""

    def cell(value, digits=3):
        return "not measured" if value is None else f"{value:.{digits}f}"

    def ratio(mine, theirs):
        return None if mine is None or theirs is None else mine / theirs

    header = ["tokens", "TFLOP", "ltx s", "eager s", "ltx/eager", "compiled s", "ltx/compiled", "ltx GiB", "reference GiB"]
    rows = [header]
    for count in tokens:
        mine = ours.get(count, {})
        eager, compiled = reference["eager"].get(count), reference["compiled"].get(count)
        memory, theirs = mine.get("memory"), reference.get("memory", {}).get(count)
        rows.append([
            str(count), cell(mine.get("tflop"), 0), cell(mine.get("seconds")), cell(eager), cell(ratio(mine.get("seconds"), eager), 2), cell(compiled),
            cell(ratio(mine.get("seconds"), compiled), 2), cell(memory and memory / 2**30, 1), cell(theirs and theirs / 2**30, 1),
        ])
    widths = [max(len(row[i]) for row in rows) for i in range(len(header))]
    for row in rows:
        print("  ".join(text.rjust(width) for text, width in zip(row, widths)))


def print_profiles(tokens, profiles):
    known = {name: sums for name, sums in profiles.items() if sums}
    missing = [name for name in profiles if name not in known]
    if known:
        print(f"\nGPU milliseconds of one forward at {tokens} tokens, by kind of kernel:")
        kinds = sorted({kind for sums in known.values() for kind in sums}, key=lambda kind: -max(sums.get(kind, 0) for sums in known.values()))
        print("  ".join(["kind".ljust(18), *(name.rjust(10) for name in known)]))
        for kind in [*kinds, "all"]:
            values = (sum(sums.values()) if kind == "all" else sums.get(kind, 0) for sums in known.values())
            print("  ".join([kind.ljust(18), *(f"{1000 * value:10.1f}" for value in values)]))
    for name in missing:
        print(f"Kernels of {name}: not measured{' (install nsys, and run this again)' if name == 'ltx' else ''}.")


def main():
    arguments = parse_arguments()
    config = read_config(arguments.preset, arguments.layers)
    if arguments.dry_run is not None:
        print(f"config: {sizes_of(config)}")
        for tokens in arguments.tokens:
            print(f"{tokens} tokens: {'x'.join(map(str, grid_of(tokens)))} cells, {audio_tokens_of(tokens)} audio tokens")
        reference = {"eager": {}, "compiled": {}}
        if arguments.reference_times is not None:
            given = json.loads(arguments.reference_times.read_text())
            reference |= {kind: {int(tokens): seconds for tokens, seconds in given.get(kind, {}).items()} for kind in ("eager", "compiled")}
        if arguments.reference is not None:
            import_reference(arguments.reference)
        print_ratios(read_report(arguments.dry_run), reference, arguments.tokens)
        return
    # One after the other: two models of this size do not fit on most cards.
    ours = run_ours(arguments)
    profile = profile_ours(arguments, arguments.tokens[-1])
    reference = run_reference(arguments, config)
    print(f"torch {reference['torch']}")
    print_ratios(ours, reference, arguments.tokens)
    print_profiles(arguments.tokens[-1], {"ltx": profile, **reference["profiles"]})
    if arguments.json is not None:
        arguments.json.write_text(json.dumps({"ltx": ours, "ltx_profile": profile, "reference": reference}, indent=2) + "\n")


if __name__ == "__main__":
    main()
