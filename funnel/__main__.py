"""`python -m funnel`: what the `funnel` command runs."""

from funnel.app import main

main(prog_name="funnel")
