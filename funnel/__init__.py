"""Funnel: from a reader's sign-up to a masterclass, and the mails in between."""
