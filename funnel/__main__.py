"""`python -m funnel`: what the `funnel` command runs."""

import sys

try:
    from funnel.app import main
except KeyboardInterrupt:  # while the program is still being read
    sys.exit(130)

main(prog_name="funnel")
