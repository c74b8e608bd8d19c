# SPDX-License-Identifier: Apache-2.0
"""Pictures of a heap, as cameras for colour and depth take them."""
