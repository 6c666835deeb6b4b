"""The reference's trainer around a model: a step of it, with low-rank sides made here and with prescribed random numbers."""

import sys
import types
from unittest.mock import patch


class Draws:
    """torch's random functions while the block lasts: each call gets the next of the prescribed tensors, which has to be of its kind and shape."""

    def __init__(self, torch, prescribed):
        self.torch, self.prescribed, self.taken = torch, prescribed, 0

    def take(self, function, shape):
        if self.taken == len(self.prescribed):
            sys.exit(f"The reference draws {function}{list(shape)} after all that was prescribed.")
        expected, name, tensor = self.prescribed[self.taken]
        if (expected, tuple(tensor.shape)) != (function, tuple(shape)):
            sys.exit(f"The reference draws {function}{list(shape)} where {name} was prescribed, {expected}{list(tensor.shape)}.")
        self.taken += 1
        return tensor.clone()

    def __enter__(self):
        def drawing(function):
            return lambda *size, **_: self.take(function, size[0] if isinstance(size[0], tuple) else size)

        self.patches = [patch.object(self.torch, name, drawing(name)) for name in ("randn", "rand")]
        self.patches.append(patch.object(self.torch, "randn_like", lambda tensor, **_: self.take("randn_like", tensor.shape)))
        for item in self.patches:
            item.start()

    def __exit__(self, kind, *_):
        for item in self.patches:
            item.stop()
        if kind is None and self.taken < len(self.prescribed):
            sys.exit(f"The reference has not drawn {[name for _, name, _ in self.prescribed[self.taken:]]}.")


class Adapted:
    """The transformer with low-rank sides at its targets while the block lasts: y = Wx + b + alpha / rank * B(A(x)), as peft's layers have it."""

    def __init__(self, torch, transformer, targets, rank, alpha, draw):
        self.torch, self.transformer = torch, transformer
        # peft's rule: a target is a module whose name is the target's or ends in it after a dot.
        names = [name for name, _ in transformer.named_modules()]
        self.modules = [name for name in names if any(name == target or name.endswith(f".{target}") for target in targets)]
        self.rank, self.scale, self.draw = rank, alpha / rank, draw

    def __enter__(self):
        torch, scale = self.torch, self.scale

        class LowRankSide(torch.nn.Module):
            def __init__(self, base, a, b):
                super().__init__()
                self.base_layer = base
                self.lora_A, self.lora_B = (torch.nn.Linear(*reversed(half.shape), bias=False) for half in (a, b))
                self.lora_A.weight, self.lora_B.weight = torch.nn.Parameter(a), torch.nn.Parameter(b)

            def forward(self, x):
                return self.base_layer(x) + self.lora_B(self.lora_A(x)) * scale

        self.sides = {}
        for name in self.modules:
            base = self.transformer.get_submodule(name)
            self.sides[name] = LowRankSide(base, self.draw(self.rank, base.in_features), self.draw(base.out_features, self.rank))
            self.put(name, self.sides[name])
        return self

    def __exit__(self, *_):
        for name, side in self.sides.items():
            self.put(name, side.base_layer)

    def put(self, name, module):
        parent, _, own = name.rpartition(".")
        setattr(self.transformer.get_submodule(parent), own, module)

    def weights(self):
        """A and B of every target, by the name under which the trainer saves them."""
        return {f"{name}.{half}.weight": getattr(side, half).weight for name, side in self.sides.items() for half in ("lora_A", "lora_B")}


class Trainer:
    """`LtxvTrainer` without its start: the model is here, contexts are given as the connectors leave them, and sigmas may be given, too."""

    def __init__(self, torch, reference, conditions, optimization, parameters=()):
        from ltx_trainer.config import OptimizationConfig
        from ltx_trainer.timestep_samplers import SAMPLERS
        from ltx_trainer.trainer import LtxvTrainer
        from ltx_trainer.training_strategies.flexible import FlexibleStrategy, FlexibleStrategyConfig

        class Watched(FlexibleStrategy):
            """The reference's strategy; what the loss is computed of can be looked at afterwards."""

            def prepare_training_inputs(self, batch, timestep_sampler):
                with self.draws:
                    self.inputs = super().prepare_training_inputs(batch, timestep_sampler)
                return self.inputs

            def compute_loss(self, video_pred, audio_pred, inputs):
                self.prediction = video_pred
                return super().compute_loss(video_pred, audio_pred, inputs)

        video = {"is_generated": True, "latents_dir": "latents", "conditions": conditions}
        self.torch, self.inner = torch, LtxvTrainer.__new__(LtxvTrainer)
        self.strategy = self.inner._training_strategy = Watched(FlexibleStrategyConfig(video=video))
        self.strategy.video_scale_factors = reference.scale
        self.inner._transformer, self.inner._trainable_params = reference.transformer, list(parameters)
        self.inner._timestep_sampler = self.sampler = SAMPLERS["shifted_logit_normal"]()
        self.inner._embeddings_processor = types.SimpleNamespace(create_embeddings=self.embeddings)
        self.inner._config = types.SimpleNamespace(optimization=OptimizationConfig(**optimization))
        self.inner._accelerator = types.SimpleNamespace(prepare=lambda *given: given)

    def embeddings(self, video, audio, mask):
        """The connectors fill all places with registers: every token counts."""
        return video, audio, self.torch.ones(video.shape[:2], dtype=self.torch.int64)

    def hold(self, sigma):
        """Steps have this sigma then, whatever is drawn."""
        draw = self.sampler.sample_for
        self.sampler.sample_for = lambda batch: draw(batch) * 0 + sigma.to(batch)

    def step(self, batch, draws):
        """The loss of every sample [B]; its graph is there."""
        self.strategy.draws = draws
        return self.inner._training_step(batch).loss
