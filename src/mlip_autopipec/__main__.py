"""`python -m mlip_autopipec` is the program `mlip-autopipe`."""

from mlip_autopipec.cli.app import main

if __name__ == "__main__":
    main()
