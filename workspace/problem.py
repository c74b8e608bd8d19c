# SPDX-License-Identifier: Apache-2.0
"""What is told to the user instead of a traceback."""


class Problem(Exception):
    """One sentence: what is missing, and how to get it."""
