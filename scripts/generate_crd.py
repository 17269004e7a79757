"""Writes the CustomResourceDefinition from the model, so that it cannot say something else.

    python scripts/generate_crd.py            write it (`make fix`)
    python scripts/generate_crd.py --check    only compare it (`make check`)

The model is operator/giveway_operator/model/.
"""

import sys
from pathlib import Path

from giveway_operator.crd.definition import written
from giveway_operator.crd.packaged import FILE

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # what generators share is a module beside them

from scripts.kept import keep  # noqa: E402

TARGET = ROOT / "operator" / "giveway_operator" / FILE


if __name__ == "__main__":
    sys.exit(keep(TARGET, written(), source="the model says"))
