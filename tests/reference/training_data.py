"""The golden case of a data set's preparation: what the reference's `scripts/process_videos.py` makes of clips and masks."""

import tempfile
from pathlib import Path
from unittest.mock import patch

BUCKETS = "960x544x89;544x960x89;768x768x89;768x768x49;640x352x121"
CLIPS = [
    [1920, 1080, 300], [1920, 1080, 100], [1080, 1920, 95], [1000, 1000, 89], [1000, 1000, 88], [1000, 1000, 48], [640, 480, 200],
    [480, 640, 89], [1280, 720, 60], [852, 480, 121], [2560, 1080, 120], [32, 320, 89], [1024, 1000, 50], [1920, 1080, 1],
]
# Cells of the masks' clip: frames, rows, columns.
MASK_CELLS = 3, 2, 3


def picture(material, frames, height, width):
    """Colours in a few steps with an edge; the next frame is one to the left. Bytes [F, 3, H, W]."""
    torch = material.torch
    coarse = torch.rand(1, 3, height // 10 + 2, width // 10 + 2, generator=material.generator, dtype=torch.float32)
    smooth = torch.nn.functional.interpolate(coarse, size=(height, width), mode="bilinear")[0]
    smooth[:, height // 3:height // 2, width // 4:width // 2] = torch.tensor([0.0, 1.0, 0.5], dtype=torch.float32)[:, None, None]
    still = (smooth * 31).round().mul(8).to(torch.uint8)
    return torch.stack([still.roll(-frame, dims=-1) for frame in range(frames)])


def mask_video(torch, frames, height, width):
    """A white thing that moves and leaves, one that shines up, a yellow one and a red one. Bytes [F, 3, H, W]."""
    video = torch.zeros(frames, 3, height, width, dtype=torch.uint8)
    for frame in range(frames):
        left = frame * width // 12
        video[frame, :, :height // 2, left:left + width // 3] = 255
        video[frame, :2, height // 2:, :width // 3] = 255
        video[frame, :1, height // 2:, width // 3:2 * width // 3] = 255
    video[frames // 2 + 1, :, height // 2:, 2 * width // 3:] = 200
    return video


def prepared(models, folder, frames, buckets, fps=24.0):
    """The data set's only clip as it goes to the VAE: [3, F, H, W] in -1..1."""
    import process_videos

    (folder / "clips.csv").write_text("video\nclip.mp4\n")
    (folder / "clip.mp4").touch()
    decoded = frames.to(models.kind).div(255)
    with (
        patch.object(process_videos, "get_video_frame_count", lambda _: len(decoded)),
        patch.object(process_videos, "read_video", lambda _, max_frames=None: (decoded[:max_frames].clone(), fps)),
    ):
        sizes = process_videos.parse_resolution_buckets(buckets, models.scale)
        return process_videos.MediaDataset(folder / "clips.csv", "video", "video", sizes)[0]["video"]


def latent_mask(models, material, folder, mask, name):
    """The mask as the trainer reads it, 1 where the clip is kept: [F', H', W']."""
    import process_videos
    from PIL import Image

    torch, (frames, rows, columns) = material.torch, MASK_CELLS
    (folder / "masks.csv").write_text(f"video,mask\nclip.mp4,{name}\n")
    torch.save({"num_frames": frames, "height": rows, "width": columns}, folder / "clip.pt")
    if mask.ndim == 3:
        Image.fromarray(mask.permute(1, 2, 0).numpy()).save(folder / name)
    decoded = mask.to(models.kind).div(255)
    with patch.object(process_videos, "read_video", lambda _, max_frames=None: (decoded[:max_frames].clone(), 24.0)):
        process_videos.compute_video_masks(folder / "masks.csv", "mask", folder, folder / name.split(".")[0], "video", scale_factors=models.scale)
    return torch.load(folder / name.split(".")[0] / "clip.pt")["mask"]


def choices(torch, models):
    """The bucket of every clip, as sizes and frames; None for a clip that is too short for all."""
    import process_videos

    dataset = process_videos.MediaDataset.__new__(process_videos.MediaDataset)
    dataset.resolution_buckets = process_videos.parse_resolution_buckets(BUCKETS, models.scale)

    def choose(width, height, frames):
        try:
            found = dataset._get_resolution_bucket_for_item(torch.empty(frames, 3, height, width, device="meta"))
        except ValueError:
            return None
        return list(reversed(found))

    return [choose(*clip) for clip in CLIPS]


def preprocessing(models, material):
    import process_videos

    torch, kept, found, videos = material.torch, process_videos._compute_temporal_subsample_indices, {}, {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind, size, buckets, frames in (("wide", (11, 41, 79), "32x32x9", [0, 8]), ("tall", (9, 90, 37), "64x32x9", [8])):
            clip = picture(material, *size)
            video = prepared(models, folder, clip, buckets)
            found |= {f"in.{kind}.frames": clip, f"out.{kind}.video": video[:, frames]}
            videos[kind] = {"buckets": buckets, "frames": frames, "shape": list(video.shape)}
        mask = mask_video(torch, (MASK_CELLS[0] - 1) * models.scale.time + 1, 52, 75)
        found |= {"in.mask.video": mask, "out.mask.video": latent_mask(models, material, folder, mask, "moving.mp4")}
        found |= {"in.mask.image": mask[4], "out.mask.image": latent_mask(models, material, folder, mask[4], "still.png")}
    whole = "960x576x89"
    halves = process_videos.compute_scaled_resolution_buckets(process_videos.parse_resolution_buckets(whole, models.scale), 2, models.scale)
    return found, {
        "buckets": BUCKETS, "clips": CLIPS, "chosen": choices(torch, models), "videos": videos, "mask_cells": MASK_CELLS,
        "half": {"buckets": whole, "scaled": [list(reversed(bucket)) for bucket in halves]},
        "subsampled": [[frames, factor, kept(frames, factor)] for frames, factor in ((17, 1), (17, 2), (33, 4))],
    }
