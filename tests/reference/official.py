"""The publisher's two-stage inpaint graph (ComfyUI-LTXVideo, example_workflows/2.3), executed with the reference's own parts.

The graph's nodes that the reference has none of (masks, guide, Lanczos, pyramid blend) are computed here by their rules; what a node scales the
source to before anything else is left out: the clip has its working size already. Pixels are between 0 and 1, [F, C, H, W].
"""

import dataclasses

from models import Merged

GUIDE_FILL = (0x66, 0xFF, 0x00)
SIGMAS = (1.0, 0.99375, 0.9875, 0.98125, 0.975, 0.909375, 0.725, 0.421875, 0.0), (0.7250, 0.4219, 0.0)
ETAS = 1.0, 0.0
DISTILLED_STRENGTH, ADAPTER_STRENGTH = 0.5, 1.0
BLEND_DILATIONS = 5, 6  # of the mask at 64 pixels on its long side: between the stages, and at the end
MASK_LONG_SIDE, PYRAMID_LEVELS = 64, 7


def lanczos(torch, pixels, height, width):
    """Pillow's own resize, of 32-bit floats: nothing is rounded to bytes on the way."""
    import numpy
    from PIL import Image

    kind, planes = pixels.dtype, pixels.reshape(-1, *pixels.shape[2:]).float().numpy().astype("float32")
    resized = [numpy.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.LANCZOS)) for plane in planes]
    return torch.from_numpy(numpy.stack(resized)).reshape(*pixels.shape[:2], height, width).to(kind).clamp(0, 1)


def grown(functional, mask, radius):
    """The graph's dilation: a square, then black and white again."""
    return (functional.max_pool2d(mask, 2 * radius + 1, 1, radius) > 0.5).to(mask.dtype)


def blur(torch, pixels):
    """The binomial kernel of five taps both ways, the edges reflected."""
    taps = torch.tensor([1, 4, 6, 4, 1]).to(pixels.dtype) / 16
    kernel = (taps[:, None] * taps[None]).expand(pixels.shape[1], 1, 5, 5)
    return torch.nn.functional.conv2d(torch.nn.functional.pad(pixels, (2, 2, 2, 2), "reflect"), kernel, groups=pixels.shape[1])


def halved(torch, pixels):
    return torch.nn.functional.avg_pool2d(blur(torch, pixels), 2)


def doubled(torch, pixels):
    return blur(torch, torch.nn.functional.interpolate(pixels, scale_factor=2, mode="bilinear", align_corners=False))


def pyramid_blend(torch, inside, outside, mask, dilation):
    """Laplacian pyramids of both pictures, mixed level by level by the mask's Gaussian pyramid."""
    functional, (height, width) = torch.nn.functional, mask.shape[-2:]
    shrink = MASK_LONG_SIDE / max(height, width)
    small = mask if shrink == 1 else functional.interpolate(mask, (max(1, round(height * shrink)), max(1, round(width * shrink))), mode="bilinear", align_corners=False)
    mask = functional.interpolate(functional.max_pool2d(small, 2 * dilation + 1, 1, dilation), (height, width), mode="bilinear", align_corners=False)
    full = [1 << (side - 1).bit_length() for side in (height, width)]
    levels = min(PYRAMID_LEVELS, min(full).bit_length() - 1)
    inside, outside, mask = (functional.pad(part, (0, full[1] - width, 0, full[0] - height), "reflect") for part in (inside, outside, mask))

    def gaussian(part):
        found = [part]
        while len(found) < levels:
            found.append(halved(torch, found[-1]))
        return found

    def laplacian(part):
        found = gaussian(part)
        return [fine - doubled(torch, coarse) for fine, coarse in zip(found, found[1:])] + found[-1:]

    mixed = [a * m + b * (1 - m) for a, b, m in zip(laplacian(inside), laplacian(outside), gaussian(mask))]
    result = mixed.pop()
    while mixed:
        result = doubled(torch, result) + mixed.pop()
    return result[..., :height, :width].clamp(0, 1)


def official(reference, clip):
    from ltx_core.components.diffusion_steps import EulerCfgPpDiffusionStep
    from ltx_core.components.guiders import MultiModalGuider, MultiModalGuiderParams
    from ltx_core.components.noisers import GaussianNoiser
    from ltx_core.conditioning.types.reference_video_cond import VideoConditionByReferenceLatent
    from ltx_core.model.audio_vae.audio_vae import LATENT_DOWNSAMPLE_FACTOR, encode_audio
    from ltx_core.types import Audio
    from ltx_pipelines.utils.denoisers import GuidedDenoiser
    from ltx_pipelines.utils.helpers import create_noised_state
    from ltx_pipelines.utils.samplers import euler_cfg_pp_denoising_loop

    torch, kind, functional, dilation = clip.torch, reference.kind, clip.torch.nn.functional, 6
    video, positive, negative = clip.picture(), clip.contexts(), clip.contexts()
    mask = torch.zeros(clip.frames, clip.height, clip.width, dtype=torch.uint8)
    for frame in range(clip.frames):
        top, left = (int(side * (0.3 + 0.2 * frame / clip.frames)) for side in (clip.height, clip.width))
        # An odd edge: half of it is grey where the mask is halved.
        mask[frame, top + 1:top + clip.height // 4, left:left + clip.width // 5] = 1

    # Source, masks and guides: [F, 3, H, W] and [F, 1, H, W]
    sizes = (clip.height // 2, clip.width // 2), (clip.height, clip.width)
    full, white = video.transpose(0, 1).to(kind) / 255, mask.unsqueeze(1).to(kind)
    sources = lanczos(torch, full, *sizes[0]), full
    masks = grown(functional, functional.avg_pool2d(white, 2), dilation // 2), grown(functional, white, dilation)
    fill = torch.tensor(GUIDE_FILL).to(kind).div(255).view(1, 3, 1, 1)
    guides = [source * (1 - region) + fill * region for source, region in zip(sources, masks)]

    def encode(pixels):
        return reference.run(reference.encoder, pixels.transpose(0, 1).unsqueeze(0) * 2 - 1)

    def decode(latent):
        return ((reference.run(reference.decoder, latent)[0].transpose(0, 1) + 1) / 2).clamp(0, 1)

    # The source's sound, as long as the clip, is listened to in both stages.
    rate, heard_frames = reference.audio_encoder.sample_rate, clip.sound.target_shape.frames
    waveform = 0.2 * clip.normal(1, 2, max(heard_frames * LATENT_DOWNSAMPLE_FACTOR * reference.audio_encoder.mel_hop_length, reference.audio_encoder.n_fft // 2 + 1))
    heard = encode_audio(Audio(waveform=waveform, sampling_rate=rate), reference.audio_encoder).cpu()[:, :, :heard_frames]

    adapter, distilled = (reference.folder / reference.parts[part] for part in ("inpaint_adapter", "distilled_lora"))
    guiders = [MultiModalGuider(MultiModalGuiderParams(cfg_scale=1.0, stg_scale=0.0, rescale_scale=0.0, modality_scale=1.0, stg_blocks=[]), context) for context in negative]
    denoiser, model = GuidedDenoiser(*positive, *guiders, force_uncond_pass=True), reference.denoiser_model()

    def draw(like, generator):
        return torch.randn(like.shape, generator=generator, dtype=torch.float32).to(like)

    def stage(number, tools, conditions, latent):
        sigmas, seed = torch.tensor(SIGMAS[number], dtype=torch.float32), clip.seed + 1 - number
        noiser = GaussianNoiser(torch.Generator().manual_seed(seed))
        noised = create_noised_state(tools, conditions, noiser, kind, "cpu", noise_scale=sigmas[0].item(), initial_latent=latent)
        still = create_noised_state(clip.sound, [], noiser, kind, "cpu", noise_scale=0.0, initial_latent=heard.to(kind))
        still = dataclasses.replace(still, denoise_mask=torch.zeros_like(still.denoise_mask), frozen=True)
        with Merged(reference, [(adapter, ADAPTER_STRENGTH), (distilled, DISTILLED_STRENGTH)]):
            step = EulerCfgPpDiffusionStep(eta=ETAS[number])
            end, _ = euler_cfg_pp_denoising_loop(sigmas, noised, still, step, model, denoiser, noise_seed=seed + 1, new_noise_fn=draw, model_dtype=kind)
        return sigmas, noised.latent, tools.unpatchify(tools.clear_conditioning(end)).latent

    token = encode(guides[0])
    sigmas1, noised1, stage1 = stage(0, clip.half, [VideoConditionByReferenceLatent(token, strength=1.0)], None)
    decoded1 = decode(stage1)
    blended1 = pyramid_blend(torch, decoded1, guides[0], masks[0], BLEND_DILATIONS[0])
    enlarged = lanczos(torch, blended1, *sizes[1])
    encoded2 = encode(enlarged)
    sigmas2, noised2, stage2 = stage(1, clip.full, [], encoded2)
    frames = pyramid_blend(torch, decode(stage2), guides[1], masks[1], BLEND_DILATIONS[1])
    tensors = {
        "in.video": video, "in.mask": mask, "in.waveform": waveform,
        "in.video_context": positive[0], "in.audio_context": positive[1], "in.negative.video_context": negative[0], "in.negative.audio_context": negative[1],
        "out.mask1": masks[0].to(torch.uint8), "out.mask2": masks[1].to(torch.uint8), "out.guide1": guides[0].transpose(0, 1).unsqueeze(0) * 2 - 1, "out.reference1": token, "out.sound": heard,
        "out.sigmas1": sigmas1, "out.noised1.video": noised1, "out.stage1.video": stage1, "out.decoded1": decoded1, "out.blended1": blended1, "out.enlarged": enlarged, "out.encoded2": encoded2,
        "out.sigmas2": sigmas2, "out.noised2.video": noised2, "out.stage2.video": stage2,
        "out.frames": frames.mul(255).round().to(torch.uint8).transpose(0, 1),
    }
    return tensors, {
        "recipe": "official-inpaint-2.3", "prompt": "given as contexts", "contexts": "given", "fps": clip.fps, "seed": clip.seed, "num_inference_steps": len(SIGMAS[0]) - 1, "video_strength": 1,
        "guidance_scale": 1, "loras": [], "mask_dilation": dilation, "sound": "keep-source", "in_rate": rate, "composite": "pyramid",
    }


def cfg_pp(reference, clip):
    """The graph's sampler step alone: euler_ancestral_cfg_pp (eta 1) and euler_cfg_pp (eta 0), from every level of both schedules to the next."""
    from ltx_core.components.diffusion_steps import EulerCfgPpDiffusionStep

    torch, shape = clip.torch, (1, 12, 8)
    tensors = {f"in.{name}": clip.normal(*shape) for name in ("sample", "denoised", "uncond", "noise")}
    sample, denoised, uncond, noise = tensors.values()
    schedules = dict(zip(("stage1", "stage2"), SIGMAS))
    for stage, sigmas in schedules.items():
        for step in range(len(sigmas) - 1):
            for eta in ETAS:
                given = noise if eta > 0 else None
                tensors[f"out.{stage}.step{step}.eta{eta:.0f}"] = EulerCfgPpDiffusionStep(eta=eta).step(sample, denoised, torch.tensor(sigmas), step, uncond_denoised=uncond, noise=given)
    return tensors, {"sigmas": schedules}
