"""python -m mlkanban"""

import sys

from mlkanban.cli import main

sys.exit(main())
