"""What runs beside student code, inside the sandbox: nothing here decides anything."""
