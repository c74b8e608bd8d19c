# SPDX-License-Identifier: Apache-2.0
"""Where the files that come with the package are: weights and configurations."""

from __future__ import annotations

from pathlib import Path

from discinst_ros.writable import path_of

#: The weights that everything uses unless told otherwise: for images without depth, and with it.
DEFAULT_WEIGHTS, DEFAULT_DEPTH_WEIGHTS = 'heap-rgb.safetensors', 'heap-rgbd.safetensors'

#: Weights of drawn scenes, which studies on such scenes look at.
DRAWN_WEIGHTS = 'drawn-rgb.safetensors'


def share_dir() -> Path:
    """
    Return the folder that holds ``weights/`` and ``config/``.

    That is the source tree, or share/discinst_ros of the prefix the package is installed to.

    :raises FileNotFoundError: where the package was installed without its data files.
    """
    package = Path(__file__).resolve().parent
    candidates = [package.parent, *(parent / 'share' / 'discinst_ros'
                                    for parent in package.parents)]
    for candidate in candidates:
        if (candidate / 'weights').is_dir() and (candidate / 'config').is_dir():
            return candidate
    raise FileNotFoundError(f'no weights/ and config/ belong to {package}: the package was '
                            'installed without its data files; build it with colcon')


def default_checkpoint() -> Path:
    """Return the path of the weights shipped with the package, which see colours alone."""
    return share_dir() / 'weights' / DEFAULT_WEIGHTS


def default_depth_checkpoint() -> Path:
    """Return the path of the shipped weights that see depth, too."""
    return share_dir() / 'weights' / DEFAULT_DEPTH_WEIGHTS


def drawn_checkpoint() -> Path:
    """Return the path of the shipped weights that were trained on drawn scenes alone."""
    return share_dir() / 'weights' / DRAWN_WEIGHTS


def find_shipped(path: str | Path) -> Path:
    """Return the path, or the file that is shipped under it: 'config/...' or 'weights/...'."""
    path = path_of(path)
    if path.exists() or path.is_absolute():
        return path
    shipped = share_dir() / path
    return shipped if shipped.is_file() else path
