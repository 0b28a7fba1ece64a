from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import agreement
from agreement.report import main

if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(agreement.__doc__)
    sys.exit(main(Path(sys.argv[1]), everything="--all" in sys.argv))
