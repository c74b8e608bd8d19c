# SPDX-License-Identifier: Apache-2.0
"""Measurements beside named peers: how fast, how large, how right; one file per question."""
