"""What all verbs share."""

from ..session import Session

__all__ = ["Verbs"]


class Verbs:
    """Methods on an open database.

    Attributes
    ----------
    _session : Session
        The gate to the back end.
    """

    _session: Session
