# SPDX-License-Identifier: Apache-2.0
"""Folders of pictures of heaps, made by several processes."""
