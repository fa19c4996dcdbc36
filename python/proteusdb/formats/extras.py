"""Optional libraries, imported when they are first needed."""

from importlib import import_module
from types import ModuleType

from ..errors import ValidationError

__all__ = ["need"]


def need(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Imports an optional library.

    Parameters
    ----------
    module : str
        Its import name.
    extra : str
        The extra of this package that installs it.
    purpose : str
        What it is needed for, as the message begins.

    Returns
    -------
    module

    Raises
    ------
    ValidationError
        The library is not installed; the message says how to install it.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.partition(".")[0] != module.partition(".")[0]:
            raise
        library = module.partition(".")[0]
        raise ValidationError(
            f"{purpose} needs the library {library}, which is not installed: pip install 'proteusdb[{extra}]'"
        ) from None
