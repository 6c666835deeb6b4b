"""The public reference as a library: its models, built from the files of a model folder."""

import contextlib
import dataclasses
import importlib.abc
import importlib.machinery
import json
import sys
import types

# What the reference's files import for other work than ours; an empty module stands in for each that is not installed.
STAND_INS = (
    "OpenImageIO", "accelerate", "av", "bitsandbytes", "flash_attn", "flash_attn_interface", "huggingface_hub", "imageio", "mps_sdpa", "natten", "optimum",
    "peft", "pillow_heif", "scenedetect", "tokenizers", "torchaudio", "tqdm", "transformers", "triton", "wandb", "xformers",
)


class StandIn(types.ModuleType):
    """An empty module whose every attribute is a class; called as a decorator it gives back what it is given."""

    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"__new__": lambda cls, given=None, *rest, **named: given if callable(given) else lambda function: function})


class StandInFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if name.split(".")[0] in STAND_INS else None

    def create_module(self, spec):
        return StandIn(spec.name)

    def exec_module(self, module):
        if module.__name__ == "tqdm":
            module.tqdm = lambda steps: steps


def import_reference(folder, torch, packages=("ltx-core", "ltx-pipelines")):
    for package in packages:
        source = folder / "packages" / package / "src"
        if not source.is_dir():
            sys.exit(f"{folder} is no checkout of the reference: {source} is missing.")
        sys.path.insert(0, str(source))
    # Last, so that what is installed is used.
    sys.meta_path.append(StandInFinder())
    # Older torches lack what the reference's other video decoder uses while it is imported; nothing here runs it.
    if not hasattr(torch.compiler, "nested_compile_region"):
        register, plain = torch.library.custom_op, lambda function=None, **_: function if function is not None else plain
        torch.compiler.nested_compile_region = torch.compiler.disable = plain
        torch.library.custom_op = lambda name, *rest, **named: UnregisteredOperator if name.startswith("ltx") else register(name, *rest, **named)


class UnregisteredOperator:
    def __init__(self, function):
        self.function = function

    def register_fake(self, function):
        return function


class Reference:
    """The folder's models, built by the reference from the checkpoint's config; each takes tensors of the processor and gives such."""

    def __init__(self, torch, folder, device):
        from ltx_core.model.audio_vae import model_configurator as audio
        from ltx_core.model.transformer.model_configurator import LTXModelConfigurator
        from ltx_core.model.upsampler.model_configurator import LatentUpsamplerConfigurator
        from ltx_core.model.video_vae.model_configurator import VideoDecoderConfigurator, VideoEncoderConfigurator
        from ltx_core.types import SpatioTemporalScaleFactors

        self.torch, self.device, self.folder, self.kind = torch, device, folder, torch.float32
        self.parts = json.loads((folder / "model.json").read_text())
        checkpoint, upscaler = folder / self.parts["checkpoint"], folder / self.parts["upscaler"]
        if not checkpoint.exists():
            sys.exit(f"{checkpoint} is missing. If it lies there packed, `ltx models verify {folder}` unpacks it.")
        statistics = ("vae.per_channel_statistics.", "per_channel_statistics.")
        heard = ("audio_vae.per_channel_statistics.", "per_channel_statistics.")
        self.transformer = self.build(LTXModelConfigurator, checkpoint, ("model.diffusion_model.", ""), leave="embeddings_connector.")
        self.encoder = self.build(VideoEncoderConfigurator, checkpoint, ("vae.encoder.", ""), statistics)
        self.decoder = self.build(VideoDecoderConfigurator, checkpoint, ("vae.decoder.", ""), statistics)
        self.audio_encoder = self.build(audio.AudioEncoderConfigurator, checkpoint, ("audio_vae.encoder.", ""), heard)
        self.audio_decoder = self.build(audio.AudioDecoderConfigurator, checkpoint, ("audio_vae.decoder.", ""), heard)
        self.vocoder = self.build(audio.VocoderConfigurator, checkpoint, ("vocoder.", ""))
        self.upsampler = self.build(LatentUpsamplerConfigurator, upscaler, ("", ""))
        self.config = read_config(checkpoint)
        self.scale = SpatioTemporalScaleFactors.from_model_config(self.config)
        entries = self.transformer.patchify_proj, self.transformer.audio_patchify_proj
        self.video_width, self.audio_width = (entry.out_features for entry in entries)
        self.latent_channels = entries[0].in_features
        self.audio_channels = self.config["audio_vae"]["model"]["params"]["ddconfig"]["z_channels"]
        self.audio_bands = entries[1].in_features // self.audio_channels

    def build(self, configurator, path, *prefixes, leave="\0"):
        """One model in float32, from the tensors under these prefixes but those with `leave` in their names; each prefix comes with what stands for it."""
        from safetensors import safe_open

        module = configurator.from_metadata({"config": read_config(path)}).float()
        with safe_open(path, "pt") as file:
            tensors = {new + name[len(old):]: file.get_tensor(name) for old, new in prefixes for name in file.keys() if name.startswith(old) and leave not in name}
        found = module.load_state_dict(tensors, strict=False)
        if found.missing_keys or found.unexpected_keys:
            sys.exit(f"{configurator.__name__} and the file differ: missing {found.missing_keys[:3]}, left over {found.unexpected_keys[:3]}.")
        return module.eval().requires_grad_(False).to(self.device)

    @contextlib.contextmanager
    def in_float64(self):
        """While the block lasts, everything is computed in float64 but what the models define in float32 (positions, angles, frequencies)."""
        from unittest.mock import patch

        from ltx_core.components.noisers import GaussianNoiser

        torch, narrow, lerp = self.torch, self.torch.Tensor.float, self.torch.lerp
        modules = [value for value in vars(self).values() if isinstance(value, torch.nn.Module)]

        def draw(noiser, state):
            return torch.randn(state.latent.shape, dtype=torch.float32, generator=noiser.generator).to(state.latent)

        torch.set_default_dtype(torch.float64)
        for module in modules:
            module.double()
        with (
            patch.object(self, "kind", torch.float64),
            # The reference calls float() where bfloat16 would be too coarse, makes its masks in float32, and draws in the type that it computes in.
            patch.object(torch.Tensor, "float", lambda tensor: tensor if tensor.dtype == torch.float64 else narrow(tensor)),
            patch.object(torch, "lerp", lambda start, end, weight: lerp(start, end.to(start), weight.to(start) if hasattr(weight, "to") else weight)),
            patch.object(GaussianNoiser, "_sample_noise", draw),
        ):
            yield
        torch.set_default_dtype(torch.float32)
        for module in modules:
            module.float()

    def run(self, module, tensor):
        return module(tensor.to(self.device)).float().cpu()

    def upsample(self, latent):
        from ltx_core.model.upsampler.model import upsample_video

        return upsample_video(latent.to(self.device), self.encoder, self.upsampler).cpu()

    def velocity(self, video, audio, transformer=None):
        """One forward of two modalities: both velocities."""
        transformer = transformer or self.transformer
        kind = next(transformer.parameters()).dtype
        found = transformer(moved(video, self.device, kind), moved(audio, self.device, kind), None)
        return [velocity.float().cpu() for velocity in found]

    def denoiser_model(self):
        """What the reference's loops call: modalities in, both denoised out."""
        from ltx_core.model.transformer.model import X0Model

        inner, device = X0Model(self.transformer), self.device

        class OnDevice(self.torch.nn.Module):
            num_blocks = inner.num_blocks

            def forward(self, video, audio, perturbations):
                from ltx_core.guidance.perturbations import BatchedPerturbationConfig

                if perturbations is not None:
                    perturbations = BatchedPerturbationConfig.from_masks(perturbations.block_masks.to(device), perturbations.block_masks_cpu)
                return [denoised.cpu() for denoised in inner(moved(video, device), moved(audio, device), perturbations)]

        return OnDevice()


def moved(modality, device, kind=None):
    def move(value):
        return value.to(device) if hasattr(value, "to") else value

    fields = {field.name: move(getattr(modality, field.name)) for field in dataclasses.fields(modality)}
    if kind is not None:
        fields |= {name: fields[name].to(kind) for name in ("latent", "context", "attention_mask") if fields[name] is not None}
    return type(modality)(**fields)


def read_config(path):
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        return json.loads(file.metadata()["config"])


@dataclasses.dataclass
class Merged:
    """The transformer with LoRAs: weight + strength * B @ A, while the block lasts."""

    reference: Reference
    loras: list

    def __enter__(self):
        from safetensors.torch import load_file

        self.weights, self.pristine = dict(self.reference.transformer.named_parameters()), {}
        for path, strength in self.loras:
            lora = {name: tensor.to(self.reference.device, self.reference.kind) for name, tensor in load_file(path).items()}
            for name in (name for name in lora if name.endswith(".lora_A.weight")):
                target = name.removeprefix("diffusion_model.").replace(".lora_A.weight", ".weight")
                self.pristine.setdefault(target, self.weights[target].clone())
                self.weights[target].add_(strength * lora[name.replace("lora_A", "lora_B")] @ lora[name])

    def __exit__(self, *_):
        for name, tensor in self.pristine.items():
            self.weights[name].copy_(tensor)
