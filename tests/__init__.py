"""Tests of the package and of the course itself."""

import os

os.environ["LANGUAGE"] = "en"  # what the command line says is compared as it is written
# Set before torch is imported: where two threads have worked, a fork that works on two hangs for good, and
# which test comes before which is xdist's to say.
os.environ["OMP_NUM_THREADS"] = "1"

import torchaula.course  # noqa: F401  (before anything imports nbformat: it says why)
