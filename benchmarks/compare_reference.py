#!/usr/bin/env python3
"""Times one forward of LTX-2.3's transformer, here and in the public reference implementation, on the same card in the same run.

    benchmarks/compare_reference.py --reference DIR [--tokens 8160,16320,32640]

DIR is a checkout of the reference (github.com/Lightricks/LTX-2) or the folder with its `ltx_core`. Needs a Python with torch 2.7 or later, a C
compiler for what torch.compile makes, and a CUDA device; einops and safetensors are used where they are installed. `ltx` is built and run
by the launcher beside this folder, or is what --ltx names. Both sides compute in bfloat16 with random weights of the same config
(models/presets), one after the other, with the same numbers of tokens and the same kind of inputs: no mask, two noise levels, every second
token clean. Each side does in a forward what it does in one of a request: the reference computes rotary tables and the modulation of every
token anew, ours takes tables that were made once a clip and the modulation of distinct levels.

Printed as soon as it is known: seconds of both (median), the reference eager and with its blocks compiled, ratios, peak memory, and where
the difference lies: device time by kind of work, the reference's by torch.profiler, ours by `ltx bench --profile`. What fails on one side
is named as not measured, and the rest is measured all the same.

On a CPU, with `--device cpu --preset tiny --tokens 16,64`, the same runs in a minute; it compares nothing that matters. Without torch,
--dry-run LTX_JSON checks all but the measuring: the config, the sizes, a report of `ltx bench --json`, and the table.
"""

import argparse
import json
import math
import re
import statistics
import subprocess
import sys
import tempfile
import time
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRESETS = ROOT / "models" / "presets"
TEXT_TOKENS = 1024
FPS = 24.0
SIGMA = 0.7
TIME_SCALE, SPACE_SCALE = 8, 32

# Kinds of kernels by what their names contain; the first that fits. cuBLAS, cuDNN, FlashAttention, Inductor, and torch's own; on a CPU, operators.
ATTENTION, PRODUCTS = "attention", "matrix products"
KINDS = [
    ("fused elementwise", r"triton_(poi|red|per|for)"),
    (ATTENTION, r"flash|fmha|sdpa|attention|cudnn_generated_fort_native_sdpa"),
    (PRODUCTS, r"gemm|cutlass|cublas|nvjet|xmma|splitk|s16816|wgmma|aten::(add)?mm|aten::bmm|aten::linear"),
    ("copies", r"memcpy|memset|copy_kernel|direct_copy|CatArray|index_select|gather"),
    ("norms", r"norm|rms|welford"),
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
    parser.add_argument("--ltx", type=Path, default=ROOT / "ltx", help="the launcher, a published ltx.dll, or another executable that takes `bench`")
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


def bench_command(arguments, report):
    program = ["dotnet", str(arguments.ltx)] if arguments.ltx.suffix == ".dll" else [str(arguments.ltx)]
    command = [*program, "bench", "--model", "synthetic", "--preset", arguments.preset, "--tokens", ",".join(map(str, arguments.tokens)), "--dtype", "bfloat16"]
    command += ["--device", arguments.device, "--repeat", str(arguments.repeat), "--profile", "--json", str(report)]
    return command + (["--layers", str(arguments.layers)] if arguments.layers else [])


def run_ours(arguments):
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "ltx.json"
        command = bench_command(arguments, report)
        try:
            # Its own tables, the account of every place in the model among them.
            subprocess.run(command, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"ours: not measured: {error}", flush=True)
            return {}
        return read_report(report)


def read_report(path):
    """A report of `ltx bench --json` as {tokens: row}; a sentence if it is none."""
    try:
        report = json.loads(Path(path).read_text())
        return {
            row["tokens"]: {"seconds": row["seconds"]["median"], "tflop": row["work"]["tflop"], "memory": row["device_peak"], "profile": profile_of(row)}
            for row in report["forwards"]
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"{path} is not a report of `ltx bench --tokens ... --json`: {error!r}")


def profile_of(row):
    """Seconds of one forward by kind of work; None where the report has none."""
    if row.get("profile") is None:
        return None
    sums = {}
    for part in row["profile"]["parts"]:
        sums[part["kind"]] = sums.get(part["kind"], 0) + part["seconds"]
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
    stand_in()


def stand_in():
    """Modules that the transformer's files import, where they are not installed: one that only reads files, which is not done here, and a function of einops."""
    try:
        import safetensors  # noqa: F401
    except ImportError:
        sys.modules["safetensors"] = types.ModuleType("safetensors")
        print("safetensors is not installed; nothing here reads a file.", flush=True)
    try:
        import einops  # noqa: F401
    except ImportError:
        module = types.ModuleType("einops")
        module.rearrange = rearrange
        sys.modules["einops"] = module
        print("einops is not installed; the two patterns that the rotation needs stand in, without its overhead.", flush=True)


def rearrange(tensor, pattern, **sizes):
    """What the reference's rotation asks of einops: the last dimension in two, and back."""
    if pattern == "... (d r) -> ... d r":
        return tensor.unflatten(-1, (-1, sizes["r"]) if "r" in sizes else (sizes["d"], -1))
    if pattern == "... d r -> ... (d r)":
        return tensor.flatten(-2)
    raise NotImplementedError(f"einops is not installed, and the reference asks for \"{pattern}\": install it.")


def build_reference(torch, config, device):
    """The reference's transformer with random weights, made on the device: deviations as `ltx bench` has them."""
    from ltx_core.model.transformer.model_configurator import LTXModelConfigurator

    with torch.device("meta"):
        model = LTXModelConfigurator.from_metadata({"config": config})
    model = model.to(torch.bfloat16).to_empty(device=device).eval().requires_grad_(False)
    left = [name for name, _ in model.named_buffers()]
    if left:
        sys.exit(f"This reference keeps tensors besides its weights, which would stay empty: {', '.join(left[:3])}.")
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


def wait(torch, device):
    if device != "cpu":
        torch.cuda.synchronize(device)


def time_reference(torch, model, config, tokens, repeat, device):
    video, audio = reference_inputs(torch, config, tokens, device)
    times = []
    # The first compiles, where compiled, and lets libraries choose; the second is warm.
    for i in range(repeat + 2):
        wait(torch, device)
        start = time.perf_counter()
        velocity = model(video, audio, None)[0]
        wait(torch, device)
        if i >= 2:
            times.append(time.perf_counter() - start)
    if not torch.isfinite(velocity).all():
        raise ArithmeticError("The reference's forward gave numbers that are not finite, so its time would say nothing.")
    return statistics.median(times)


def profile_reference(torch, model, config, tokens, device):
    """Seconds of one forward by kind of kernel (on a CPU, of operator), and a table of the longest."""
    from torch.profiler import ProfilerActivity, profile

    on_cpu = device == "cpu"
    video, audio = reference_inputs(torch, config, tokens, device)
    model(video, audio, None)
    wait(torch, device)
    with profile(activities=[ProfilerActivity.CPU] if on_cpu else [ProfilerActivity.CPU, ProfilerActivity.CUDA]) as profiler:
        model(video, audio, None)
        wait(torch, device)
    sums = {}
    for event in profiler.events():
        # Ranges that somebody has named lie over the kernels within them.
        if getattr(event, "is_user_annotation", False) or str(event.device_type).endswith("CUDA") == on_cpu:
            continue
        kind = kind_of(event.name)
        sums[kind] = sums.get(kind, 0) + (event.self_cpu_time_total if on_cpu else event.time_range.elapsed_us()) / 1e6
    return sums, profiler.key_averages().table(sort_by="self_cpu_time_total" if on_cpu else "self_device_time_total", row_limit=15)


def measure_reference(torch, name, model, config, arguments, result, told):
    """Times and an account of the reference in one of its forms; what fails is said, and what is known by then is kept."""
    device = arguments.device
    try:
        for tokens in arguments.tokens:
            result[name][tokens] = time_reference(torch, model, config, tokens, arguments.repeat, device)
            if device != "cpu":
                # Of the whole card, as ours is: torch, too, keeps what it once took.
                free, total = torch.cuda.mem_get_info(device)
                result["memory"][tokens] = max(result["memory"].get(tokens, 0), total - free)
        told()
        result["profiles"][name], table = profile_reference(torch, model, config, arguments.tokens[-1], device)
        print(f"\nreference, {name}, {arguments.tokens[-1]} tokens:\n{table}", flush=True)
    except Exception as error:  # a compiler that is missing, memory that does not suffice: the rest is still worth having
        print(f"reference, {name}: not measured further: {type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}", flush=True)


def run_reference(arguments, config, told):
    """All that is asked of the reference; told with what is known, as often as there is more."""
    import torch

    import_reference(arguments.reference)
    from ltx_core.model.transformer.attention import attention_label
    from ltx_core.model.transformer.compiling import CompilationConfig, compile_transformer
    from ltx_core.model.transformer.transformer import DEFAULT_TRANSFORMER_OPS

    print(f"torch {torch.__version__}; the reference attends by {attention_label(DEFAULT_TRANSFORMER_OPS.attention_ops.attention_function)}", flush=True)
    result = {"torch": torch.__version__, "eager": {}, "compiled": {}, "memory": {}, "profiles": {}}
    with torch.no_grad():
        model = build_reference(torch, config, arguments.device)
        measure_reference(torch, "eager", model, config, arguments, result, lambda: told(result))
        if not arguments.skip_compiled:
            measure_reference(torch, "compiled", compile_transformer(model, CompilationConfig()), config, arguments, result, lambda: told(result))
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
            str(count), cell(mine.get("tflop"), 0 if mine.get("tflop", 0) > 10 else 4), cell(mine.get("seconds")), cell(eager), cell(ratio(mine.get("seconds"), eager), 2), cell(compiled),
            cell(ratio(mine.get("seconds"), compiled), 2), cell(memory and memory / 2**30, 1), cell(theirs and theirs / 2**30, 1),
        ])
    widths = [max(len(row[i]) for row in rows) for i in range(len(header))]
    for row in rows:
        print("  ".join(text.rjust(width) for text, width in zip(row, widths)))


def print_profiles(tokens, profiles):
    known = {name: sums for name, sums in profiles.items() if sums}
    if known:
        print(f"\nmilliseconds of one forward at {tokens} tokens, by kind of work (ours by part of the model, theirs by kernel):")
        kinds = sorted({kind for sums in known.values() for kind in sums}, key=lambda kind: -max(sums.get(kind, 0) for sums in known.values()))
        print("  ".join(["kind".ljust(24), *(name.rjust(10) for name in known)]))
        rows = [(kind, lambda sums, kind=kind: sums.get(kind, 0)) for kind in kinds]
        # The kinds between products and attention are cut otherwise on each side: together they can be compared.
        rows.append(("all but the first two", lambda sums: sum(seconds for kind, seconds in sums.items() if kind not in (ATTENTION, PRODUCTS))))
        rows.append(("all", lambda sums: sum(sums.values())))
        rows.sort(key=lambda row: (row[0] not in (PRODUCTS, ATTENTION), row[0].startswith("all"), row[0] == "all"))
        for name, value in rows:
            print("  ".join([name.ljust(24), *(f"{1000 * value(sums):10.1f}" for sums in known.values())]))
    for name in profiles:
        if name not in known:
            print(f"Kinds of work of {name}: not measured.")


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

    def tell(reference):
        print()
        print_ratios(ours, reference, arguments.tokens)
        sys.stdout.flush()
        # A run that is cut off has left what it knew.
        if arguments.json is not None:
            arguments.json.write_text(json.dumps({"ltx": ours, "reference": reference}, indent=2) + "\n")

    reference = run_reference(arguments, config, tell)
    tell(reference)
    last = arguments.tokens[-1]
    forms = ["eager"] if arguments.skip_compiled else ["eager", "compiled"]
    print_profiles(last, {"ltx": ours.get(last, {}).get("profile"), **{name: reference["profiles"].get(name) for name in forms}})
    if not all(count in times for times in (ours, *(reference[name] for name in forms)) for count in arguments.tokens):
        sys.exit("Not everything was measured.")


if __name__ == "__main__":
    main()
