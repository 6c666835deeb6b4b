"""What each golden case of training holds and how the reference's trainer computes it: functions of the models and material."""

import dataclasses
import itertools
import zlib

from training_data import preprocessing
from training_step import Adapted, Draws, Trainer

ATTENTION = [f"{attention}.{part}" for attention in ("attn1", "attn2") for part in ("to_k", "to_q", "to_v", "to_out.0")]
FEED_FORWARD = ["ff.net.0.proj", "ff.net.2"]
FRAMES, HEIGHT, WIDTH = SIZE = 3, 4, 6
CONTEXT_TOKENS = 16
OPTIMISER_STEPS = 3
# As in the reference's configs of LoRAs, but for the steps.
OPTIMIZATION = {
    "learning_rate": 1e-4, "steps": 10, "batch_size": 1, "max_grad_norm": 1.0, "optimizer_type": "adamw", "scheduler_type": "linear",
    "enable_gradient_checkpointing": True,
}


class Material:
    """What is drawn for a case, from a generator of its own: of few binary places, so that it is exact in every type and packs well."""

    def __init__(self, reference, seed):
        self.torch, self.reference, self.seed, self.sigmas = reference.torch, reference, seed, {}

    def begin(self, name):
        self.name, self.generator = name, self.torch.Generator().manual_seed(zlib.crc32(name.encode()) ^ self.seed)

    def normal(self, *shape, deviation=1.0, places=32):
        drawn = self.torch.randn(*shape, generator=self.generator, dtype=self.torch.float32)
        return (drawn * deviation * places).round().div(places).to(self.reference.kind)

    def side(self, *shape):
        """A or B of a LoRA."""
        return self.normal(*shape, deviation=0.125, places=64)

    def values(self, *values):
        return self.torch.tensor(values, dtype=self.torch.float32).to(self.reference.kind)


@dataclasses.dataclass
class Step:
    """One case of a step: called with the models and material, it gives the case's tensors and values."""

    # As in the trainer's config; then what is drawn for each, by sample, in the order in which it is drawn.
    conditions: list = dataclasses.field(default_factory=list)
    chances: list = dataclasses.field(default_factory=list)
    targets: list = dataclasses.field(default_factory=lambda: ATTENTION)
    rank: int = 2
    alpha: int = 2
    fps: float = 24.0
    # Of the sampler, by sample: normal, uniform, and which of both (more than 0.1: normal).
    sigma: tuple = ((0.25, 0.5, 0.75),)
    keep: str = ""
    # Cells of the reference's latent: frames, rows, columns.
    reference: tuple = ()
    optimised: bool = False

    def __call__(self, models, material):
        torch, given = material.torch, self.given(models, material)
        draws = self.draws(material)
        given |= {name: tensor for _, name, tensor in draws}
        with Adapted(torch, models.transformer, self.targets, self.rank, self.alpha, material.side) as adapted:
            weights = adapted.weights()
            given |= {f"in.lora.{name}": weight.detach().clone() for name, weight in weights.items()}
            trainer = Trainer(torch, models, self.conditions, OPTIMIZATION, weights.values())
            values = self.values(models, trainer, adapted) | {"draws": [[function, name] for function, name, _ in draws]}
            # Sigma is float32 in the reference; float64 is to say what the step makes of it.
            if material.name in material.sigmas:
                trainer.hold(material.sigmas[material.name])
            loss = trainer.step(self.batch(torch, given), Draws(torch, draws))
            loss.mean().backward()
            inputs = trainer.strategy.inputs
            material.sigmas.setdefault(material.name, inputs.video.sigma)
            tokens = inputs.video_targets.shape[1]
            found = {
                "out.sigma": inputs.video.sigma, "out.noisy": inputs.video.latent, "out.timesteps": inputs.video.timesteps,
                "out.positions": inputs.video.positions, "out.loss_mask": inputs.video_loss_mask, "out.target": inputs.video_targets,
                "out.velocity": trainer.strategy.prediction[:, -tokens:], "out.loss": loss, "out.mean_loss": loss.mean(),
            }
            found |= {f"out.gradient.{name}": weight.grad.clone() for name, weight in weights.items()}
            if self.optimised:
                found |= self.optimise(torch, trainer, weights, loss.mean(), given, draws)
        return given | {name: tensor.detach().clone() for name, tensor in found.items()}, values

    def given(self, models, material):
        torch, batch = material.torch, len(self.sigma)
        context = material.normal(batch, CONTEXT_TOKENS, models.video_width)
        given = {"in.latent": material.normal(batch, models.latent_channels, *SIZE), "in.context": context}
        if self.reference:
            given["in.reference"] = material.normal(batch, models.latent_channels, *self.reference)
        if self.keep:
            keep = torch.ones(batch, *SIZE, dtype=torch.bool)
            if self.keep == "around":
                # A hole that moves, and another in every sample.
                for sample, frame in itertools.product(range(batch), range(FRAMES)):
                    keep[sample, frame, 1:3, 1 + frame:3 + frame + sample] = False
            given["in.keep"] = keep
        return given

    def draws(self, material):
        """Function, name and values, in the reference's order."""
        normal, uniform, branch = (material.values(*column) for column in zip(*self.sigma))
        noise = material.normal(len(self.sigma), FRAMES * HEIGHT * WIDTH, material.reference.latent_channels)
        drawn = sampled(normal, uniform, branch) + [("randn_like", "in.noise", noise)]
        for kind, chance in self.chances:
            drawn.append(("rand", f"in.draw.{kind}", material.values(*chance) if isinstance(chance, tuple) else material.values(chance)[0]))
        return drawn

    def batch(self, torch, given):
        """What the data loader makes of the files. A new one for every step: the trainer writes into it."""
        def latents(latent, fps):
            count, sizes = latent.shape[0], zip(("num_frames", "height", "width"), latent.shape[2:])
            rates = torch.tensor([fps] * count, dtype=torch.float64)
            return {"latents": latent, "fps": rates} | {name: torch.tensor([size] * count) for name, size in sizes}

        context = given["in.context"]
        batch = {
            "video_latents": latents(given["in.latent"], self.fps),
            "conditions": {"video_prompt_embeds": context, "prompt_attention_mask": torch.ones(context.shape[:2], dtype=torch.int64)},
        }
        if self.reference:
            batch["reference_latents"] = latents(given["in.reference"], self.reference_fps())
        if self.keep:
            batch["video_masks"] = {"mask": given["in.keep"].to(context.dtype)}
        return batch

    def reference_fps(self):
        return self.fps / ((FRAMES - 1) // (self.reference[0] - 1))

    def values(self, models, trainer, adapted):
        strategy = trainer.strategy
        if self.reference:
            strategy.reference_spatial_scale_factor = strategy._infer_scale_factor(*self.reference[1:], HEIGHT, WIDTH)
            strategy.reference_temporal_scale_factor = strategy._infer_temporal_scale_factor(self.reference[0], FRAMES)
        values = {
            "conditions": self.conditions, "targets": self.targets, "modules": adapted.modules, "rank": self.rank, "alpha": self.alpha,
            "fps": self.fps, "checkpoint_metadata": trainer.inner._build_checkpoint_metadata(),
        }
        if self.reference:
            values |= {
                "reference_fps": self.reference_fps(), "reference_downscale_factor": strategy.reference_spatial_scale_factor,
                "reference_temporal_scale_factor": strategy.reference_temporal_scale_factor,
            }
        if self.optimised:
            values["optimization"] = trainer.inner._config.optimization.model_dump()
        return values

    def optimise(self, torch, trainer, weights, loss, given, draws):
        """Steps with the batch over and over, as `LtxvTrainer.train` makes them; the first one's gradients are there."""
        inner, losses, norms, rates = trainer.inner, [loss], [], []
        inner._init_optimizer()
        for step in range(OPTIMISER_STEPS):
            if step > 0:
                losses.append(trainer.step(self.batch(torch, given), Draws(torch, draws)).mean())
                losses[-1].backward()
            norms.append(torch.nn.utils.clip_grad_norm_(inner._trainable_params, inner._config.optimization.max_grad_norm))
            rates.append(inner._optimizer.param_groups[0]["lr"])
            inner._optimizer.step()
            inner._optimizer.zero_grad()
            inner._lr_scheduler.step()
        found = {"out.losses": torch.stack(losses), "out.gradient_norms": torch.stack(norms)}
        found["out.learning_rates"] = torch.tensor(rates, dtype=torch.float64)
        return found | {f"out.after.{name}": weight for name, weight in weights.items()}


def sampled(normal, uniform, branch):
    """What the sampler of sigmas draws, and in which order."""
    return [("randn", "in.draw.normal", normal), ("rand", "in.draw.uniform", uniform), ("rand", "in.draw.branch", branch)]


def mask(probability=1.0):
    return {"type": "mask", "mask_dir": "video_masks", "probability": probability}


def reference(probability=1.0):
    return {"type": "reference", "latents_dir": "reference_latents", "probability": probability}


def first_frame(probability):
    return {"type": "first_frame", "probability": probability}


def sampler(models, material):
    """Sigmas of given random numbers, for clips of several lengths; and of the uniform mode, which draws once."""
    from ltx_trainer.timestep_samplers import SAMPLERS

    torch, count = material.torch, 48
    normal = material.normal(count)
    # Far out to both sides, where what is stretched is reflected and cut off.
    normal[:6] = material.values(-4.5, -3.5, -2.5, 2.5, 3.5, 4.5)
    uniform, branch = (torch.rand(count, generator=material.generator, dtype=torch.float32).to(models.kind) for _ in range(2))
    uniform[-2:], branch[:6], branch[-4:] = material.values(0, 0.99999994), 0.5, material.values(0.0999, 0.1001, 0, 0)
    drawn = sampled(normal, uniform, branch)
    found = {name: tensor for _, name, tensor in drawn}
    for tokens in (96, 1024, 6120):
        with Draws(torch, drawn):
            found[f"out.t{tokens}"] = SAMPLERS["shifted_logit_normal"]().sample_for(torch.empty(count, tokens, 1))
    with Draws(torch, drawn[1:2]):
        found["out.uniform"] = SAMPLERS["uniform"]().sample_for(torch.empty(count, 1, 1))
    return found, {"draws": {"shifted_logit_normal": [[function, name] for function, name, _ in drawn], "uniform": [["rand", "in.draw.uniform"]]}}


def schedules(models, material):
    """The learning rate of the first twelve steps of ten, by schedule: with the trainer's own parameters, and with others."""
    torch, found = material.torch, {}
    others = {
        "linear": {"start_factor": 0.5, "end_factor": 0.05}, "cosine": {"eta_min": 1e-5},
        "cosine_with_restarts": {"T_0": 3, "T_mult": 2, "eta_min": 2e-5}, "polynomial": {"power": 2.0}, "step": {"step_size": 3, "gamma": 0.5},
    }
    given = {kind: (kind, {}) for kind in ("constant", *others)} | {f"{kind}.other": (kind, parameters) for kind, parameters in others.items()}
    for name, (kind, parameters) in given.items():
        weight = torch.nn.Parameter(torch.zeros(1))
        inner = Trainer(torch, models, [], OPTIMIZATION | {"scheduler_type": kind, "scheduler_params": dict(parameters)}, [weight]).inner
        inner._init_optimizer()
        rates = []
        for _ in range(12):
            rates.append(inner._optimizer.param_groups[0]["lr"])
            inner._optimizer.step()
            if inner._lr_scheduler is not None:
                inner._lr_scheduler.step()
        found[f"out.{name}"] = torch.tensor(rates, dtype=torch.float64)
    return found, {"learning_rate": OPTIMIZATION["learning_rate"], "steps": OPTIMIZATION["steps"], "others": others}


CASES = {
    "sampler": sampler, "schedules": schedules, "preprocessing": preprocessing,
    "text": Step(),
    "first_frame": Step([first_frame(0.5)], [("first_frame", (0.25,))], fps=30.0),
    "spatial_crop": Step([{"type": "spatial_crop", "spatial_region": [33, 40, 100, 170], "probability": 1.0}], [("spatial_crop", (0.5,))]),
    "mask": Step([mask()], [("mask", (0.5,))], keep="around", optimised=True),
    "all_keep": Step([mask()], [("mask", (0.5,))], keep="everything"),
    "batch_of_two": Step([mask(0.5)], [("mask", (0.25, 0.75))], keep="around", sigma=((0.25, 0.5, 0.75), (-1.0, 0.375, 0.0625))),
    "reference": Step([reference()], [("reference", 0.5)], ATTENTION + FEED_FORWARD, alpha=3, reference=SIZE, optimised=True),
    "reference_half": Step([reference()], [("reference", 0.5)], ATTENTION + FEED_FORWARD, alpha=3, reference=(3, 2, 3), fps=25.0),
    "reference_slow": Step([reference()], [("reference", 0.5)], ATTENTION + FEED_FORWARD, alpha=3, reference=(2, 4, 6), fps=25.0),
    "first_frame_reference": Step(
        [reference(), first_frame(0.2)], [("first_frame", (0.125,)), ("reference", 0.5)], ATTENTION + FEED_FORWARD, reference=SIZE
    ),
    "reference_skipped": Step([reference(0.5), first_frame(0.2)], [("first_frame", (0.25,)), ("reference", 0.5)], reference=SIZE),
    "mask_reference": Step([mask(), reference()], [("mask", (0.5,)), ("reference", 0.5)], ATTENTION + FEED_FORWARD, keep="around", reference=SIZE),
}
