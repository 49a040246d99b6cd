"""The sandboxed side: code that runs beside student code. The trusted side relies on nothing it says."""
