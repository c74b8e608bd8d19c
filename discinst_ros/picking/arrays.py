# SPDX-License-Identifier: Apache-2.0
"""Names for the arrays of this folder."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]
