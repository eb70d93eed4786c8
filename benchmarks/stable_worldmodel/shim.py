"""Import stable-worldmodel on a machine where torchvision has no operators of its own.

torchvision's wheel for this torch is built for CUDA. Without its compiled library, importing it fails where it registers
`nms`, an operator that nothing here calls: declaring the operator by name is enough.
"""

from __future__ import annotations

import importlib.util
from types import ModuleType

import torch

_DECLARED: list[torch.library.Library] = []
"""Kept, since what a library declares is gone with it."""


def installed() -> bool:
    """Whether stable-worldmodel is there at all."""
    return importlib.util.find_spec("stable_worldmodel") is not None


def stable_worldmodel() -> ModuleType:
    """The package, with its environments registered in Gymnasium."""
    if not _DECLARED and not hasattr(torch.ops.torchvision, "nms"):
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _DECLARED.append(library)
    import stable_worldmodel

    return stable_worldmodel
