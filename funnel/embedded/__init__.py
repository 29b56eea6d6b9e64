"""The whole of Funnel on one machine: real servers from wheels, and an inbox."""


class EmbeddedError(Exception):
    """It cannot start or go on; the text is one line for the operator."""
