# SPDX-License-Identifier: Apache-2.0
"""
Labelled images in, figures out, through the segmenter that the node runs.

::

    source.py            what is read
    ids.py               the ids of a label image
    comparison.py        found beside true objects of one image: what all metrics start from
    metrics.py           SBD, |DiC|, foreground, cut objects
    overlap_boundary.py  precision, recall, F of areas and outlines
    panoptic.py          PQ, SQ, RQ and counts
    coco.py              AP by faster-coco-eval
    cityscapes.py        AP by cityscapesScripts
    calibration.py       whether scores are probabilities
    evaluate.py          all of it over all samples
    calibrate.py         make scores probabilities
    sweep.py, margins.py other settings of the clustering, and of the loss
    report.py            table, JSON, folder; plots.py, extremes.py: its pictures
"""
