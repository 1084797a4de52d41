"""Studies: what each part of a method is worth, on a fixed number of steps, with several seeds."""
