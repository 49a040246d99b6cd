"""Write the transformer that `paradigmas` ships, trained on the Spanish dates of `secuencias`.

    python data/pretrain.py            trains it and writes it, in 20 s
    python data/pretrain.py --check    tries what is shipped, and ends with 1 if that is not as it tells

The network, its training and its trial are those of the notebook's own cell. What is written can be loaded
without pickle (`weights_only`). Another machine rounds otherwise, so training again gives other bytes:
`--check` holds the file to what it tells of itself, and that to `LEAST`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

SOURCE = Path(__file__).parents[1] / "source"
NOTEBOOK = SOURCE / "paradigmas" / "paradigmas.ipynb"
CELL = "final-traslado-modelo"
SEED, STEPS, BATCH, RATE = 0, 600, 64, 0.005
LEARNED = 4000  # of the dates of `secuencias`
LEAST = 98.0  # percent of new Spanish dates that must be right to the last letter


def main() -> int:
    """Train and write the network, or try the one that is there; returns 1 if that is not as told."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--check", action="store_true", help="write nothing: try what is shipped")
    is_check = asked.parse_args().check
    cell = the_cell()
    path = NOTEBOOK.parent / cell.PRETRAINED
    if not is_check:
        torch.save(trained(cell), path)
    shipped = torch.load(path, weights_only=True)
    network = cell.new_network(len(shipped["letters"]) + 2)
    network.load_state_dict(shipped["weights"])
    found = tried(cell, network, shipped["letters"])
    told = {name: value for name, value in shipped.items() if name not in ("letters", "weights")}
    print(f"{path.relative_to(SOURCE.parent)}: {told}; found: {found} %, at least {LEAST} % is wanted")
    return int(found < LEAST or abs(found - told["exact"]) > 0.5)


def the_cell() -> SimpleNamespace:
    """What the notebook's cell defines."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    [source] = ("".join(each["source"]) for each in cells if each["id"] == CELL)
    names: dict[str, Any] = {"torch": torch, "nn": nn, "F": F}
    exec(source, names)
    return SimpleNamespace(**names)


def tried(cell: SimpleNamespace, network: nn.Module, letters: list[str]) -> float:
    """The percentage of the Spanish dates of `paradigmas` that the network gets right to the last letter."""
    columns = cell.read_dates(NOTEBOOK.with_name(cell.DATES))
    return round(cell.exact(network, cell.encode_pairs(columns["es"], columns["iso"], letters)), 1)


def trained(cell: SimpleNamespace) -> dict[str, Any]:
    """The trained network's weights, its letters, how it was trained, and what it gets right."""
    torch.set_num_threads(1)  # more are slower, with numbers so few
    lines = (SOURCE / "secuencias" / "fechas-es.txt").read_text(encoding="utf-8").splitlines()
    dates, isos = zip(*(line.split("\t") for line in lines[:LEARNED]), strict=True)
    letters = [*sorted({*"".join(dates).replace(" ", "_"), *"".join(isos)}), "=", "."]
    torch.manual_seed(SEED)
    network = cell.new_network(len(letters) + 2)
    generator = torch.Generator().manual_seed(SEED)
    ids = cell.encode_pairs(dates, isos, letters)
    cell.train_dates(network, ids, STEPS, BATCH, RATE, generator)
    return {
        "letters": letters,
        "seed": SEED,
        "steps": STEPS,
        "batch": BATCH,
        "rate": RATE,
        "exact": tried(cell, network, letters),
        "weights": dict(network.state_dict()),
    }


if __name__ == "__main__":
    sys.exit(main())
