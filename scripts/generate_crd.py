"""Writes the CustomResourceDefinition from the model, so that it cannot say something else.

    python scripts/generate_crd.py            write it (`make fix`)
    python scripts/generate_crd.py --check    only compare it (`make check`)

The model is operator/giveway_operator/model/.
"""

import sys
from pathlib import Path

from giveway_operator.crd.definition import written
from giveway_operator.crd.packaged import FILE

TARGET = Path(__file__).parents[1] / "operator" / "giveway_operator" / FILE


def main() -> int:
    made = written()
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(made)
        return 0
    if TARGET.exists() and TARGET.read_text() == made:
        return 0
    print(f"{TARGET.name} is not what the model says: run `make fix`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
