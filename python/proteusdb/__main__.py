"""``python -m proteusdb`` is the command ``proteusdb``."""

from .cli import main

if __name__ == "__main__":
    main()
