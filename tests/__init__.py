"""Tests of the package and of the course itself."""

import os

os.environ["LANGUAGE"] = "en"  # what the command line says is compared as it is written
