from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import agreement
from agreement.report import main, markdown

if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(agreement.__doc__)
    if "--markdown" in sys.argv:
        sys.stdout.write(markdown(Path(sys.argv[1])))
        sys.exit()
    sys.exit(main(Path(sys.argv[1]), everything="--all" in sys.argv))
