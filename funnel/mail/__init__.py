"""An e-mail as bytes: compiled once, filled in per person, handed to SMTP."""
