# SPDX-License-Identifier: Apache-2.0
"""The parameters of perception_node."""

from __future__ import annotations

from discinst_ros.geometry.workspace import EVERYWHERE, Workspace
from discinst_ros.nodes.frame_sync import USE_DEPTH
from discinst_ros.nodes.parameter_spec import AT_START, Spec, UNCONFIGURED

IMAGE_TRANSPORTS = ('raw', 'compressed')


def _choice(name: str, choices: tuple[str, ...], description: str) -> Spec:
    return Spec(name, choices[0], description, pattern='|'.join(choices),
                expected='one of ' + ', '.join(choices), changes=UNCONFIGURED)


SPECS = {spec.name: spec for spec in (
    Spec('checkpoint', '', 'Path of the weights; empty stands for the ones in the package.',
         changes=UNCONFIGURED),
    Spec('depth_checkpoint', '', 'Path of the weights for images that come with depth; empty '
         'stands for the ones in the package where checkpoint is empty, too, else for those of '
         'checkpoint.', changes=UNCONFIGURED),
    Spec('semantics_checkpoint', '', 'Path of weights whose classes are used with the embedding '
         'of the others; empty stands for none.', changes=UNCONFIGURED),
    Spec('device', 'auto', 'What the network runs on; auto takes a GPU where there is one.',
         pattern=r'auto|cpu|cuda(:\d+)?', expected='auto, cpu, cuda or cuda:N',
         changes=UNCONFIGURED),
    Spec('bandwidth', 0.0, 'Kernel radius of the clustering in the embedding; 0 stands for the '
         "checkpoint's.", limits=(0.0, 100.0), changes=UNCONFIGURED),
    Spec('min_pixels', 0, 'Smaller instances are left out; 0 stands for the default of the '
         'clustering.', limits=(0, 1_000_000), changes=UNCONFIGURED),
    Spec('min_score', 0.0, 'Instances of a lower score are left out.', limits=(0.0, 1.0)),
    Spec('workspace', list(EVERYWHERE), 'Objects whose position is outside are left out: x_min, '
         'x_max, y_min, y_max, z_min, z_max in metres, in the camera optical frame.',
         parse=lambda bounds: Workspace(tuple(bounds))),
    Spec('autostart', True, 'Configure and activate without being asked; otherwise wait for '
         'lifecycle commands.', changes=AT_START),
    Spec('continuous', True, 'Work on every image; otherwise only on request of ~/segment.'),
    Spec('segment_timeout_s', 5.0, 'So long ~/segment waits for its frame.',
         limits=(0.1, 600.0)),
    _choice('image_transport', IMAGE_TRANSPORTS, 'How the image arrives: raw as sensor_msgs/Image '
            'on the topic image, compressed as sensor_msgs/CompressedImage on image/compressed.'),
    _choice('use_depth', USE_DEPTH, 'auto pairs images with depth while it arrives and goes on '
            'without it otherwise; always drops images without depth; never ignores depth.'),
    Spec('slop_s', 0.02, 'Stamps of an image and its depth differ by so much at most.',
         limits=(0.0, 1.0)),
    Spec('max_rate_hz', 0.0, 'Work on no more images per second than this, those for ~/segment '
         'left aside; 0 stands for as many as possible.', limits=(0.0, 1000.0)),
    Spec('silence_s', 3.0, 'When no image has arrived for so long it is reported.',
         limits=(0.1, 3600.0)),
)}
