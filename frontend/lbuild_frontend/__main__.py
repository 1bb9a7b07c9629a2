"""The entry point of the command ``lbuild`` and of ``python -m lbuild_frontend``."""


def main() -> None:
    """Run the command line."""
    from lbuild_frontend.cli import app

    app(prog_name="lbuild")


if __name__ == "__main__":
    main()
