"""Start a nursery: `python -m torchaula.grading.sandboxed DESCRIPTOR`."""

from __future__ import annotations

import gc


def main() -> None:
    """Import the nursery without looking for garbage, since all that modules make stays; then run it."""
    gc.disable()  # until `ready_for_forks`
    from torchaula.grading.sandboxed import nursery

    nursery.main()


if __name__ == "__main__":
    main()
