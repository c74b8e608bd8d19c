# SPDX-License-Identifier: Apache-2.0
"""Families of objects, and what they are covered with."""
