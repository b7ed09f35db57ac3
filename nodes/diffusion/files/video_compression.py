"""What a video encoder makes of a single picture: models of videos draw on what they saw, and that was compressed."""

import io

import av
import torch
from torch import Tensor


def compressed(images: Tensor, crf: int) -> Tensor:
    """Pictures (batch, height, width, 3) in 0..1, each as one frame of H.264; sides are cut to even numbers.

    Args:
        images: the pictures.
        crf: how coarsely, 0..100 (libx264 knows 0..51); 0 changes nothing.
    """
    if crf == 0:
        return images
    height, width = (side // 2 * 2 for side in images.shape[1:3])
    return torch.stack([_through(image[:height, :width, :3], min(crf, 51)) for image in images])


def _through(image: Tensor, crf: int) -> Tensor:
    file = io.BytesIO()
    pixels = (image.clamp(0, 1) * 255).round().to(torch.uint8).cpu().numpy()
    with av.open(file, "w", format="mp4") as output:
        stream = output.add_stream("libx264", rate=1, options={"crf": str(crf)})
        stream.height, stream.width, stream.pix_fmt = *pixels.shape[:2], "yuv420p"
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")
        output.mux([*stream.encode(frame), *stream.encode()])
    file.seek(0)
    with av.open(file, "r") as container:
        decoded = next(container.decode(video=0)).to_ndarray(format="rgb24")
    return torch.from_numpy(decoded).float() / 255
