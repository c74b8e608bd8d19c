# SPDX-License-Identifier: Apache-2.0
"""
See every single object in a heap: pixel embeddings trained with the discriminative loss.

Two flows run through this package.

Image in, instances out::

    nodes.perception_node -> inference.segmenter -> inference.preprocess -> networks
        -> clustering.mean_shift -> geometry.pose -> instances.Instances -> nodes.conversions

Dataset in, weights out::

    scenes, data -> training (loss) -> checkpoint -> evaluation (inference.segmenter)

Everything but ``nodes`` imports without ROS.
"""
