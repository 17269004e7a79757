"""Orders for the shop, from a shell. Where Redis is: GIVEWAY_REDIS_URL.

python order.py express CUSTOMER        waits for the label and says how long that took
python order.py invoice ORDER CENTS
python order.py labels COUNT            a batch; returns at once
"""

import sys
import time

from shop import express_label, invoice, labels


def main(words: list[str]) -> int:
    match words:
        case ["express", customer]:
            started = time.monotonic()
            name = express_label.enqueue(customer).result(timeout=60)
            print(f"{name} after {time.monotonic() - started:.2f} s")
        case ["invoice", order, cents]:
            print(invoice.enqueue(int(order), cents=int(cents)).id)
        case ["labels", count]:
            print(labels.enqueue(list(range(int(count)))).id)
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
