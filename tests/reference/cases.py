"""What each golden case holds and how the reference computes it: functions of the models and a clip that give tensors and metadata."""

import copy
import math
import sys

from models import Merged
from official import cfg_pp, official

GUIDE_FILL = (0x66, 0xFF, 0x00)
STAGE_2_SIGMAS = (0.909375, 0.725, 0.421875, 0.0)
DISTILLED_STRENGTHS = (0.25, 0.5)
GUIDANCE_SETTINGS = {  # cfg_scale, stg_scale, rescale_scale, modality_scale, stg_blocks
    "full": {"video": [3.5, 1.2, 0.6, 2.5, [0, 1]], "audio": [6.0, 0.8, 0.5, 2.0, [1]]},
    "cfg": {"video": [4.0, 0.0, 0.0, 1.0, []], "audio": [4.0, 0.0, 0.0, 1.0, []]},
    "hq": {"video": [3.0, 0.0, 0.45, 3.0, []], "audio": [7.0, 0.0, 1.0, 3.0, []]},
}


def positions(reference, clip):
    from ltx_core.conditioning.types.keyframe_cond import VideoConditionByKeyframeIndex
    from ltx_core.conditioning.types.reference_video_cond import VideoConditionByReferenceLatent

    torch, (_, channels, frames, height, width) = clip.torch, clip.half.target_shape
    conditionings = {
        "ref": {"reference": [frames, height, width]},
        "ref_down2": {"reference": [frames, max(1, height // 2), max(1, width // 2)], "downscale": 2},
        "ref_time2": {"reference": [(frames + 1) // 2, height, width], "temporal_scale": 2},
        "keyframe": {"keyframe": [1, height, width], "frame": reference.scale.time + 1},
    }
    video = clip.half.create_initial_state("cpu", reference.kind)
    found = {"out.video": video.positions, "out.audio": clip.sound.create_initial_state("cpu", reference.kind).positions}
    for name, spec in conditionings.items():
        empty = torch.zeros(1, channels, *spec.get("reference", spec.get("keyframe")))
        if "keyframe" in spec:
            item = VideoConditionByKeyframeIndex(empty, spec["frame"], 1.0)
        else:
            item = VideoConditionByReferenceLatent(empty, spec.get("downscale", 1), spec.get("temporal_scale", 1))
        found[f"out.{name}"] = item.apply_to(video, clip.half).positions
    return found, {"fps": clip.fps, "frames": clip.frames, "height": clip.height // 2, "width": clip.width // 2, "conditionings": conditionings}


def conditioning(reference, clip):
    from ltx_core.components.noisers import GaussianNoiser
    from ltx_pipelines.utils.helpers import create_noised_state

    torch, strength = clip.torch, 0.7
    given, conditions = clip.conditions(strength)
    noiser = GaussianNoiser(torch.Generator().manual_seed(clip.seed))
    video = create_noised_state(clip.half, conditions, noiser, reference.kind, "cpu")
    audio = create_noised_state(clip.sound, [], noiser, reference.kind, "cpu")
    found = {"out.latent": video.latent, "out.clean_latent": video.clean_latent, "out.denoise_mask": video.denoise_mask, "out.positions": video.positions, "out.audio.latent": audio.latent}
    sizes = {"frames": clip.frames, "height": clip.height // 2, "width": clip.width // 2, "fps": clip.fps}
    return given | found, sizes | {"reference_strength": strength, "seed": clip.seed}


def transformer(sigma, strength=None, attention=None):
    def compute(reference, clip):
        from ltx_core.utils import to_denoised
        from ltx_pipelines.utils.helpers import modality_from_latent_state

        conditions = [] if strength is None else clip.conditions(strength, attention)[1]
        level = clip.torch.tensor([sigma])
        modalities = [modality_from_latent_state(state, context, level) for state, context in zip(clip.states(conditions), clip.contexts())]
        blocks = {}

        def keep(index):
            def hook(_module, _arguments, output):
                for name, stream in zip(("video", "audio"), output):
                    blocks[f"out.block{index}.{name}"] = stream.x.float().cpu().clone()

            return hook

        hooks = [block.register_forward_hook(keep(i)) for i, block in enumerate(reference.transformer.transformer_blocks)]
        velocities = reference.velocity(*modalities)
        for hook in hooks:
            hook.remove()
        rough = reference.velocity(*modalities, copy.deepcopy(reference.transformer).to(clip.torch.bfloat16))
        errors = {name: ((b - v).norm() / v.norm()).item() for name, v, b in zip(("video", "audio"), velocities, rough)}
        if not all(math.isfinite(error) and 0 < error < 1 for error in errors.values()):
            sys.exit(f"The reference's own bfloat16 error is {errors}, which can be no measure.")
        tensors = dict(blocks)
        for name, modality, velocity in zip(("video", "audio"), modalities, velocities):
            for key in ("latent", "sigma", "timesteps", "positions", "context", "attention_mask"):
                if getattr(modality, key) is not None:
                    tensors[f"in.{name}.{key}"] = getattr(modality, key)
            tensors[f"out.{name}.velocity"] = velocity
            tensors[f"out.{name}.denoised"] = to_denoised(modality.latent, velocity, modality.timesteps)
        return tensors, {"bfloat16_relative_error": errors}

    return compute


def sampling_inputs(clip):
    video, audio = clip.states(clip.conditions(0.8)[1])
    tensors = {f"in.video.{key}": getattr(video, key) for key in ("latent", "clean_latent", "denoise_mask", "positions")}
    return video, audio, tensors | {f"in.audio.{key}": getattr(audio, key) for key in ("latent", "clean_latent", "positions")}


def guidance(reference, clip):
    from ltx_core.components.guiders import MultiModalGuider, MultiModalGuiderParams
    from ltx_pipelines.utils.denoisers import GuidedDenoiser

    sigma = 0.55
    video, audio, tensors = sampling_inputs(clip)
    positive, negative = clip.contexts(), clip.contexts()
    for name, context, other in zip(("video", "audio"), positive, negative):
        tensors |= {f"in.{name}.context": context, f"in.{name}.negative": other}
    model = reference.denoiser_model()
    for name, setting in GUIDANCE_SETTINGS.items():
        guiders = [
            MultiModalGuider(MultiModalGuiderParams(cfg_scale=cfg, stg_scale=stg, rescale_scale=rescale, modality_scale=modality, stg_blocks=blocks), other)
            for (cfg, stg, rescale, modality, blocks), other in zip((setting["video"], setting["audio"]), negative)
        ]
        found = GuidedDenoiser(*positive, *guiders)(model, video, audio, clip.torch.tensor([sigma]), 0)
        tensors |= {f"out.{name}.video": found[0].denoised, f"out.{name}.audio": found[1].denoised}
    return tensors, {"sigma": sigma, "order": "cfg_scale, stg_scale, rescale_scale, modality_scale, stg_blocks"} | GUIDANCE_SETTINGS


def sampler(reference, clip):
    from ltx_core.components.diffusion_steps import EulerDiffusionStep, Res2sDiffusionStep
    from ltx_pipelines.utils import samplers
    from ltx_pipelines.utils.denoisers import SimpleDenoiser

    video, audio, tensors = sampling_inputs(clip)
    contexts = clip.contexts()
    tensors |= {"in.sigmas": clip.torch.tensor([1.0, 0.8, 0.5, 0.2, 0.0]), "in.video.context": contexts[0], "in.audio.context": contexts[1]}
    drawn = []

    def draw(latent, generator):
        drawn.append(samplers._get_new_noise(latent, generator))
        return drawn[-1].clone()

    run = (tensors["in.sigmas"], video, audio), (reference.denoiser_model(), SimpleDenoiser(*contexts))
    ends = {
        "res2s": samplers.res2s_audio_video_denoising_loop(*run[0], Res2sDiffusionStep(), *run[1], new_noise_fn=draw, model_dtype=reference.kind),
        "euler": samplers.euler_denoising_loop(*run[0], EulerDiffusionStep(), *run[1]),
    }
    for name, (video_end, audio_end) in ends.items():
        tensors |= {f"out.{name}.video": video_end.latent, f"out.{name}.audio": audio_end.latent}
    tensors |= {f"in.noise.{i:02d}": noise.float() for i, noise in enumerate(drawn)}
    return tensors, {"noise_seed": -1, "noise_seed_substep": 9999, "noise_order": "per step: substep video, substep audio, step video, step audio"}


def schedule(reference, clip):
    from ltx_core.components.schedulers import LTX2Scheduler
    from ltx_pipelines.utils import constants
    from ltx_pipelines.utils.res2s import get_res2s_coefficients

    torch, steps_of_h = clip.torch, [0.01, 0.2, 1.1, 3.0]
    tensors = {
        f"out.t{tokens}.s{steps}": LTX2Scheduler().execute(latent=torch.empty(1, 1, tokens, 1, 1), steps=steps)
        for tokens in (6, 96, 777, 5000, 40000) for steps in (5, 12, 25)
    }
    tensors["out.res2s"] = torch.tensor([get_res2s_coefficients(h, {}, 0.5) for h in steps_of_h])
    tensors["out.distilled"], tensors["out.stage2"] = constants.DISTILLED_SIGMAS, constants.STAGE_2_DISTILLED_SIGMAS
    return tensors, {"h": steps_of_h}


def vae(reference, clip):
    from ltx_core.tiling import DimensionSizeConfig, TileSizeConfig

    time, height, width = reference.scale
    tiles = {"frames": [2 * time, time], "height": [2 * height, height], "width": [4 * width, 2 * width]}
    kept = sorted({0, 1, min(time, clip.frames - 1), clip.frames // 2, clip.frames - 1})
    video = clip.picture()
    pixels = video.to(reference.kind).div(127.5).sub(1).unsqueeze(0)
    latent, image = reference.run(reference.encoder, pixels), reference.run(reference.encoder, pixels[:, :, :1])
    config = TileSizeConfig(**{axis: DimensionSizeConfig(*sizes) for axis, sizes in tiles.items()})
    tiled = clip.torch.cat([frames.cpu() for frames in reference.decoder.tiled_decode(latent.to(reference.device), config)], 2)
    tensors = {
        "in.video": video, "out.latent": latent, "out.decoded": reference.run(reference.decoder, latent)[:, :, kept], "out.decoded_tiled": tiled[:, :, kept],
        "out.image_latent": image, "out.image_decoded": reference.run(reference.decoder, image),
    }
    return tensors, {"frames": kept, "tiles": tiles, "input": "uint8 C F H W; x / 127.5 - 1"}


def upsampler(reference, clip):
    latent = clip.normal(*clip.half.target_shape.to_torch_shape())
    return {"in.latent": latent, "out.raw": reference.run(reference.upsampler, latent), "out.latent": reference.upsample(latent)}, {}


def audio(reference, clip):
    from ltx_core.model.audio_vae.audio_vae import encode_audio
    from ltx_core.types import Audio

    rate = reference.audio_encoder.sample_rate
    waveform, latent = 0.2 * clip.normal(1, 2, 2 * rate), clip.normal(*clip.sound.target_shape.to_torch_shape())
    mel = reference.run(reference.audio_decoder, latent)
    heard = encode_audio(Audio(waveform=waveform, sampling_rate=rate), reference.audio_encoder).cpu()
    tensors = {"in.waveform": waveform, "in.latent": latent, "out.latent": heard, "out.mel": mel, "out.waveform": reference.run(reference.vocoder, mel)}
    return tensors, {"in_rate": rate, "out_rate": reference.vocoder.output_sampling_rate}


def lora(reference, clip):
    from ltx_pipelines.utils.helpers import modality_from_latent_state

    sigma, weight = clip.torch.tensor([0.8]), "transformer_blocks.1.attn1.to_q.weight"
    modalities = [modality_from_latent_state(state, context, sigma) for state, context in zip(clip.states([]), clip.contexts())]
    tensors = {f"in.{name}.{key}": getattr(modality, key) for name, modality in zip(("video", "audio"), modalities) for key in ("latent", "sigma", "timesteps", "positions", "context")}
    files = [reference.parts[part] for part in ("distilled_lora", "inpaint_adapter") if reference.parts.get(part)]
    mixes = {"alone": [[files[0], 0.6]], "all": [[file, 0.9 - 0.3 * i] for i, file in enumerate(files)]}
    for mix, parts in mixes.items():
        with Merged(reference, [(reference.folder / file, strength) for file, strength in parts]):
            tensors[f"out.{mix}.weight"] = reference.transformer.state_dict()[weight].cpu().clone()
            tensors[f"out.{mix}.video"], tensors[f"out.{mix}.audio"] = reference.velocity(*modalities)
    return tensors, {"mixes": mixes, "weight": weight}


def inpaint(reference, clip):
    """docs/inpaint-pipeline.md, sections 2 to 5, without what the server adds: no widened mask, no composite, contexts given."""
    from ltx_core.components.diffusion_steps import Res2sDiffusionStep
    from ltx_core.components.noisers import GaussianNoiser
    from ltx_core.components.schedulers import LTX2Scheduler
    from ltx_core.conditioning.types.mask_cond import VideoConditionByMask
    from ltx_core.conditioning.types.reference_video_cond import VideoConditionByReferenceLatent
    from ltx_pipelines.utils.denoisers import SimpleDenoiser
    from ltx_pipelines.utils.helpers import create_noised_state
    from ltx_pipelines.utils.samplers import res2s_audio_video_denoising_loop

    torch, scale, functional = clip.torch, reference.scale, clip.torch.nn.functional
    video, contexts = clip.picture(), clip.contexts()
    mask = torch.zeros(clip.frames, clip.height, clip.width, dtype=torch.uint8)
    for frame in range(clip.frames):
        top, left = (int(side * (0.2 + 0.2 * frame / clip.frames)) for side in (clip.height, clip.width))
        mask[frame, top:top + clip.height // 3, left:left + clip.width // 3] = 1

    full = video.to(reference.kind).div(127.5).sub(1)
    half = functional.avg_pool2d(full, 2)
    half_mask = functional.max_pool2d(mask.to(reference.kind), 2)

    def keep(pixels):
        cells = functional.max_pool2d(pixels, (scale.height, scale.width))
        groups = cells[1:].reshape(-1, scale.time, *cells.shape[1:]).amax(1)
        return 1 - torch.cat([cells[:1], groups]).unsqueeze(0)

    fill = torch.tensor(GUIDE_FILL).to(reference.kind).div(127.5).sub(1).view(3, 1, 1, 1)
    keeps = keep(half_mask), keep(mask.to(reference.kind))
    cleans = [reference.run(reference.encoder, pixels.unsqueeze(0)) for pixels in (half, full)]
    guide = reference.run(reference.encoder, torch.where(half_mask > 0, fill, half).unsqueeze(0))

    adapter = [(reference.folder / reference.parts["inpaint_adapter"], 1.0)] if reference.parts.get("inpaint_adapter") else []
    distilled = reference.folder / reference.parts["distilled_lora"]
    noiser, model, denoiser = GaussianNoiser(torch.Generator().manual_seed(clip.seed)), reference.denoiser_model(), SimpleDenoiser(*contexts)

    def stage(strength, sigmas, tools, conditions, **start):
        with Merged(reference, [*adapter, (distilled, strength)]):
            initial = [start.get("video"), start.get("audio")]
            states = [
                create_noised_state(kind, items, noiser, reference.kind, "cpu", noise_scale=sigmas[0].item(), initial_latent=latent)
                for kind, items, latent in zip((tools, clip.sound), (conditions, []), initial)
            ]
            ends = res2s_audio_video_denoising_loop(sigmas, *states, Res2sDiffusionStep(), model, denoiser, model_dtype=reference.kind)
            return states, [kind.unpatchify(kind.clear_conditioning(end)).latent for kind, end in zip((tools, clip.sound), ends)]

    sigmas = LTX2Scheduler().execute(latent=torch.empty(clip.half.target_shape.to_torch_shape()), steps=clip.steps).float()
    first = [VideoConditionByMask(cleans[0], keeps[0], 1.0), VideoConditionByReferenceLatent(guide, strength=clip.strength)]
    noised1, (video1, audio1) = stage(DISTILLED_STRENGTHS[0], sigmas, clip.half, first)
    upsampled = reference.upsample(video1)
    second = [VideoConditionByMask(cleans[1], keeps[1], 1.0)]
    noised2, (video2, _) = stage(DISTILLED_STRENGTHS[1], torch.tensor(STAGE_2_SIGMAS), clip.full, second, video=upsampled, audio=audio1)
    frames = reference.run(reference.decoder, video2)[0].clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8)
    tensors = {
        "in.video": video, "in.mask": mask, "in.video_context": contexts[0], "in.audio_context": contexts[1],
        "out.keep1": keeps[0], "out.keep2": keeps[1], "out.clean1": cleans[0], "out.clean2": cleans[1], "out.reference1": guide, "out.sigmas1": sigmas,
        "out.noised1.video": noised1[0].latent, "out.noised1.audio": noised1[1].latent, "out.stage1.video": video1, "out.stage1.audio": audio1, "out.upsampled": upsampled,
        "out.noised2.video": noised2[0].latent, "out.noised2.audio": noised2[1].latent, "out.stage2.video": video2,
        "out.frames": frames, "out.waveform": reference.run(reference.vocoder, reference.run(reference.audio_decoder, audio1)),
    }
    return tensors, {
        "prompt": "given as contexts", "contexts": "given", "fps": clip.fps, "seed": clip.seed, "num_inference_steps": clip.steps, "video_strength": clip.strength,
        "guidance_scale": 1, "loras": [], "mask_dilation": 0, "composite": "none", "audio": "generate", "distilled": DISTILLED_STRENGTHS, "guide_fill": "#66FF00",
    }


CASES = {
    "positions": positions, "conditioning": conditioning, "schedule": schedule,
    "transformer_plain": transformer(0.63), "transformer_masked_reference": transformer(0.9, strength=1.0), "transformer_reference_strength": transformer(0.41, 0.8, 0.3),
    "guidance": guidance, "sampler": sampler, "lora": lora, "vae": vae, "upsampler": upsampler, "audio": audio, "inpaint": inpaint,
    "cfg_pp": cfg_pp, "official": official,
}
