"""``python -m posetune`` is the command line."""

import sys

from posetune.cli import main

sys.exit(main())
