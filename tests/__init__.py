"""Tests of the package and of the course itself."""
