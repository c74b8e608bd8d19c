# SPDX-License-Identifier: Apache-2.0
"""Tables, bins and totes, and the rooms they are in."""
