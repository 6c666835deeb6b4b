"""The clip that the cases are computed for, and what is drawn for it."""

import dataclasses
import sys
import zlib

TEXT_TOKENS = 1024


class Clip:
    """The sizes of one run, and what is drawn for it. Every case draws from a generator of its own, so that one alone is as among all."""

    def __init__(self, reference, arguments):
        from ltx_core.components.patchifiers import AudioPatchifier, VideoLatentPatchifier
        from ltx_core.tools import AudioLatentTools, VideoLatentTools
        from ltx_core.types import AudioLatentShape, VideoLatentShape, VideoPixelShape

        self.torch, self.reference, self.fps, self.seed = reference.torch, reference, arguments.fps, arguments.seed
        self.steps, self.strength = arguments.steps, arguments.strength
        self.width, self.height, self.frames = (int(size) for size in arguments.clip.split("x"))
        scale = reference.scale
        if self.width % (2 * scale.width) or self.height % (2 * scale.height) or (self.frames - 1) % scale.time:
            sys.exit(f"--clip {arguments.clip}: sides must be multiples of {2 * scale.width} and {2 * scale.height}, frames {scale.time} k + 1.")

        def tools(height, width):
            pixels = VideoPixelShape(1, self.frames, height, width, self.fps)
            latent = VideoLatentShape.from_pixel_shape(pixels, latent_channels=reference.latent_channels, scale_factors=scale)
            return pixels, VideoLatentTools(VideoLatentPatchifier(patch_size=1), latent, self.fps, scale_factors=scale)

        pixels, self.half = tools(self.height // 2, self.width // 2)
        _, self.full = tools(self.height, self.width)
        heard = AudioLatentShape.from_video_pixel_shape(pixels, channels=reference.audio_channels, mel_bins=reference.audio_bands)
        self.sound = AudioLatentTools(AudioPatchifier(patch_size=1), heard)
        self.name = None

    def begin(self, name):
        self.name, self.generator = name, self.torch.Generator().manual_seed(zlib.crc32(name.encode()) ^ (self.seed & 0xFFFFFFFF))

    def normal(self, *shape):
        return self.torch.randn(*shape, generator=self.generator, dtype=self.torch.float32).to(self.reference.kind)

    def uniform(self, *shape):
        return self.torch.rand(*shape, generator=self.generator, dtype=self.torch.float32).to(self.reference.kind)

    def contexts(self):
        return self.normal(1, TEXT_TOKENS, self.reference.video_width), self.normal(1, TEXT_TOKENS, self.reference.audio_width)

    def conditions(self, strength, attention=None):
        """Some cells kept, and a reference: the recorded inputs and the reference's conditionings."""
        from ltx_core.conditioning.types.attention_strength_wrapper import ConditioningItemAttentionStrengthWrapper
        from ltx_core.conditioning.types.mask_cond import VideoConditionByMask
        from ltx_core.conditioning.types.reference_video_cond import VideoConditionByReferenceLatent

        shape = self.half.target_shape.to_torch_shape()
        given = {"in.clean": self.normal(*shape), "in.keep": (self.uniform(1, *shape[2:]) > 0.5).to(self.reference.kind), "in.reference": self.normal(*shape)}
        reference = VideoConditionByReferenceLatent(given["in.reference"], strength=strength)
        if attention is not None:
            reference = ConditioningItemAttentionStrengthWrapper(reference, attention)
        return given, [VideoConditionByMask(given["in.clean"], given["in.keep"], 1.0), reference]

    def states(self, conditions):
        """Both streams in the midst of denoising."""
        video = self.half.create_initial_state("cpu", self.reference.kind)
        for condition in conditions:
            video = condition.apply_to(video, self.half)
        noisy = self.torch.lerp(video.clean_latent, self.normal(*video.latent.shape), video.denoise_mask)
        audio = self.sound.create_initial_state("cpu", self.reference.kind)
        return dataclasses.replace(video, latent=noisy), dataclasses.replace(audio, latent=self.normal(*audio.latent.shape))

    def picture(self):
        """Smooth colours that change in time, as bytes [3, F, H, W]."""
        coarse = self.uniform(1, 3, self.frames, self.height // 8, self.width // 8)
        smooth = self.torch.nn.functional.interpolate(coarse, size=(self.frames, self.height, self.width), mode="trilinear")
        return (smooth[0] * 255).to(self.torch.uint8)
