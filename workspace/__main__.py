# SPDX-License-Identifier: Apache-2.0
"""
Make all that the commands of the Makefile need: `python3 workspace`.

This file alone must run on any Python 3, to say which one is needed.
"""

import sys


def main() -> int:
    if sys.version_info < (3, 10):  # noqa: UP036
        print(f'Python {sys.version.split()[0]} ({sys.executable}) is too old: install Python '
              '3.10 to 3.13 and name it, e.g. make PYTHON=python3.11.', file=sys.stderr)
        return 1
    from prepare import prepare
    return prepare()


if __name__ == '__main__':
    sys.exit(main())
