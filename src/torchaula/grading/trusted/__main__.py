"""Start a worker: `python -m torchaula.grading.trusted DESCRIPTOR`."""

from __future__ import annotations

import gc


def main() -> None:
    """Import the worker without looking for garbage, since all that modules make stays; then run it."""
    gc.disable()  # until `ready_for_forks`
    from torchaula.grading.trusted import worker

    worker.main()


if __name__ == "__main__":
    main()
