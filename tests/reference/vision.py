#!/usr/bin/env python3
"""Computes what Gemma 3 makes of a picture, in plain numpy, and writes tests/goldens/vision/picture.safetensors, plain and packed (packed.py).

It shares nothing with the C# code but the model's files (tests/goldens/model/gemma-tiny): the resize is Pillow's, everything else is
written out from the published description of the model. All arithmetic is float64.

    python3 tests/reference/vision.py        needs python3-numpy and python3-pil
"""
import json
import struct
from pathlib import Path

import numpy as np
from packed import EXTENSION, pack, unpack
from PIL import Image

TESTS = Path(__file__).resolve().parent.parent
MODEL = TESTS / "goldens" / "model" / "gemma-tiny"
TARGET = TESTS / "goldens" / "vision" / "picture.safetensors"


def read_tensors(folder):
    tensors = {}
    for path in sorted(folder.glob("*.safetensors" + EXTENSION)):
        data = unpack(path.with_suffix(""))
        (length,) = struct.unpack_from("<Q", data)
        header = json.loads(data[8:8 + length])
        header.pop("__metadata__", None)
        for name, entry in header.items():
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            assert entry["dtype"] == "BF16", name
            # A bfloat16 is the upper half of a float32.
            bits = np.frombuffer(data[begin:end], "<u2").astype("<u4") << 16
            tensors[name] = bits.view("<f4").reshape(entry["shape"]).astype(np.float64)
    return tensors


def write_tensors(path, tensors):
    header, blob = {"__metadata__": {"source": "tests/reference/vision.py"}}, b""
    for name, value in tensors.items():
        raw = np.ascontiguousarray(value).tobytes()
        header[name] = {"dtype": {"uint8": "U8", "float32": "F32", "int64": "I64"}[value.dtype.name], "shape": list(value.shape), "data_offsets": [len(blob), len(blob) + len(raw)]}
        blob += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + blob)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x ** 3)))


def rms(x, weight, epsilon):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + epsilon) * (1 + weight)


def preprocess(picture, config):
    size = (config["size"]["width"], config["size"]["height"])
    resized = np.asarray(Image.fromarray(picture).resize(size, resample=config["resample"]))
    pixels = (resized * config["rescale_factor"] - np.array(config["image_mean"])) / np.array(config["image_std"])
    return resized, pixels


def tower(pixels, w, config):
    """Pixels [S, S, 3] to states [P, D]."""
    prefix, size, heads = "vision_tower.vision_model.", config["patch_size"], config["num_attention_heads"]
    count, epsilon = config["image_size"] // size, config.get("layer_norm_eps", 1e-6)

    def linear(x, name):
        return x @ w[prefix + name + ".weight"].T + w[prefix + name + ".bias"]

    def norm(x, name):
        centred = x - x.mean(-1, keepdims=True)
        return centred / np.sqrt((centred ** 2).mean(-1, keepdims=True) + epsilon) * w[prefix + name + ".weight"] + w[prefix + name + ".bias"]

    kernel = w[prefix + "embeddings.patch_embedding.weight"]
    x = np.stack([
        [(kernel[d] * pixels[r * size:(r + 1) * size, c * size:(c + 1) * size].transpose(2, 0, 1)).sum() for d in range(len(kernel))]
        for r in range(count) for c in range(count)
    ]) + w[prefix + "embeddings.patch_embedding.bias"] + w[prefix + "embeddings.position_embedding.weight"]
    for layer in range(config["num_hidden_layers"]):
        name = f"encoder.layers.{layer}."
        normed = norm(x, name + "layer_norm1")
        q, k, v = (linear(normed, f"{name}self_attn.{part}_proj") for part in "qkv")
        width = q.shape[-1] // heads
        attended = [
            softmax(q[:, s] @ k[:, s].T / np.sqrt(width)) @ v[:, s]
            for s in (slice(h * width, (h + 1) * width) for h in range(heads))
        ]
        x = x + linear(np.concatenate(attended, -1), name + "self_attn.out_proj")
        x = x + linear(gelu(linear(norm(x, name + "layer_norm2"), name + "mlp.fc1")), name + "mlp.fc2")
    return norm(x, "post_layernorm")


def project(states, w, config):
    """States [P, D] to the language model's embeddings [tokens, hidden]."""
    vision = config["vision_config"]
    side, tokens = vision["image_size"] // vision["patch_size"], round(config["mm_tokens_per_image"] ** 0.5)
    window = side // tokens
    grid = states.reshape(side, side, -1)
    pooled = np.stack([grid[r * window:(r + 1) * window, c * window:(c + 1) * window].mean((0, 1)) for r in range(tokens) for c in range(tokens)])
    normed = rms(pooled, w["multi_modal_projector.mm_soft_emb_norm.weight"], vision.get("layer_norm_eps", 1e-6))
    return normed @ w["multi_modal_projector.mm_input_projection_weight"]


def rotate(x, theta, factor):
    """x [T, D] turned by its positions."""
    half = x.shape[-1] // 2
    angle = np.arange(len(x))[:, None] / factor * theta ** (-np.arange(half) / half)
    a, b = x[:, :half], x[:, half:]
    return np.concatenate([a * np.cos(angle) - b * np.sin(angle), b * np.cos(angle) + a * np.sin(angle)], -1)


def next_logits(ids, features, w, config):
    """Logits of the token that follows ids, in which the image token stands for the rows of features."""
    text, prefix = config["text_config"], "language_model.model."
    width, heads, groups, epsilon = text["head_dim"], text["num_attention_heads"], text["num_key_value_heads"], text["rms_norm_eps"]
    is_image = ids == config["image_token_index"]
    x = w[prefix + "embed_tokens.weight"][ids] * np.sqrt(text["hidden_size"])
    x[is_image] = features
    at = np.arange(len(ids))
    behind = at[:, None] - at[None, :]
    # The tokens of the one picture see each other, in layers of either kind.
    among = is_image[:, None] & is_image[None, :]
    for layer in range(text["num_hidden_layers"]):
        name, is_global = f"{prefix}layers.{layer}.", (layer + 1) % text["sliding_window_pattern"] == 0
        visible = (behind >= 0) & (is_global | (behind < text["sliding_window"])) | among
        theta, factor = (text["rope_theta"], text["rope_scaling"]["factor"]) if is_global else (text["rope_local_base_freq"], 1)

        def norm(value, part):
            return rms(value, w[f"{name}{part}.weight"], epsilon)

        normed = norm(x, "input_layernorm")
        q, k, v = (normed @ w[f"{name}self_attn.{part}_proj.weight"].T for part in "qkv")
        attended = []
        for head in range(heads):
            own, shared = slice(head * width, (head + 1) * width), slice(head // (heads // groups) * width, (head // (heads // groups) + 1) * width)
            turned_q = rotate(norm(q[:, own], "self_attn.q_norm"), theta, factor)
            turned_k = rotate(norm(k[:, shared], "self_attn.k_norm"), theta, factor)
            scores = turned_q @ turned_k.T / np.sqrt(text["query_pre_attn_scalar"])
            attended.append(softmax(np.where(visible, scores, -np.inf)) @ v[:, shared])
        x = x + norm(np.concatenate(attended, -1) @ w[f"{name}self_attn.o_proj.weight"].T, "post_attention_layernorm")
        normed = norm(x, "pre_feedforward_layernorm")
        inner = gelu(normed @ w[f"{name}mlp.gate_proj.weight"].T) * (normed @ w[f"{name}mlp.up_proj.weight"].T)
        x = x + norm(inner @ w[f"{name}mlp.down_proj.weight"].T, "post_feedforward_layernorm")
    return rms(x[-1], w[prefix + "norm.weight"], epsilon) @ w[prefix + "embed_tokens.weight"].T


def paint(width, height):
    """A picture with edges, fine texture and soft colour; its numbers follow from its size."""
    y, x = np.mgrid[0:height, 0:width]
    picture = np.stack([x * 255 // (width - 1), (x * 7 + y * 13) % 256, 128 + 100 * np.sin(y / 5) * np.cos(x / 9)], -1)
    picture[(x - width * 0.6) ** 2 + (y - height * 0.4) ** 2 < (height * 0.25) ** 2] = (102, 255, 0)
    return picture.astype(np.uint8)


def main():
    w, config = read_tensors(MODEL), json.loads((MODEL / "config.json").read_text())
    preprocessor = json.loads((MODEL / "preprocessor_config.json").read_text())
    golden = {}
    # One that becomes smaller on both axes, and one that becomes larger on one.
    for name, (width, height) in {"wide": (150, 84), "small": (40, 90)}.items():
        picture = paint(width, height)
        resized, pixels = preprocess(picture, preprocessor)
        states = tower(pixels, w, config["vision_config"])
        features = project(states, w, config)
        # More tokens after the picture than the window is long, so that it leaves the sliding layers' sight.
        image = [config["boi_token_index"]] + [config["image_token_index"]] * config["mm_tokens_per_image"] + [config["eoi_token_index"]]
        ids = np.array([2, 5, 300, 41, 77] + image + [10 + i * 37 % 600 for i in range(config["text_config"]["sliding_window"] + 6)])
        short = ids[:12]
        golden |= {
            f"{name}.picture": picture, f"{name}.resized": resized, f"{name}.pixels": pixels.transpose(2, 0, 1).astype(np.float32),
            f"{name}.states": states.astype(np.float32), f"{name}.features": features.astype(np.float32),
            f"{name}.ids": ids, f"{name}.logits": next_logits(ids, features, w, config).astype(np.float32),
            f"{name}.short_ids": short, f"{name}.short_logits": next_logits(short, features, w, config).astype(np.float32),
        }
    write_tensors(TARGET, golden)
    pack(TARGET)
    for name, value in golden.items():
        print(f"{name:20} {str(value.shape):16} {value.astype(np.float64).std():.4f}")


main()
