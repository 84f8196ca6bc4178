"""How fast and how large it goes. A benchmark is a module here that has ``measure(console, persons)``."""
