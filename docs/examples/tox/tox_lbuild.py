"""Lets tox install the project by lbuild: ``runner = lbuild`` in the settings of an environment.

tox builds the package in each run, and installs it with ``--force-reinstall``: only so is the code
of the tree in the environment, if the version is the same. lbuild compares content instead.
"""

import logging
from collections.abc import Iterator
from pathlib import Path

from tox.config.sets import EnvConfigSet
from tox.plugin import impl
from tox.tox_env.errors import Fail
from tox.tox_env.package import Package, PackageToxEnv
from tox.tox_env.python.virtual_env.api import VirtualEnv
from tox.tox_env.python.virtual_env.runner import VirtualEnvRunner
from tox.tox_env.register import ToxEnvRegister

import lbuild_keys
from lbuild_frontend import api

NAME = "lbuild"
_LOGGER = logging.getLogger(__name__)


@impl
def tox_register_tox_env(register: ToxEnvRegister) -> None:
    """Add what ``runner = lbuild`` means, and the packaging environment that it uses."""
    register.add_run_env(LbuildRunner)
    register.add_package_env(LbuildPackager)


class LbuildRunner(VirtualEnvRunner):
    """An environment as tox makes it, into which lbuild installs the package."""

    @staticmethod
    def id() -> str:
        """Return what ``runner`` has to be."""
        return NAME

    @property
    def _package_tox_env_type(self) -> str:
        return NAME

    @property
    def _package_types(self) -> tuple[str, ...]:
        return ("wheel", "editable", "external", "skip")

    @property
    def default_pkg_type(self) -> str:
        """What ``package`` is if nothing else is set."""
        return "wheel"


class LbuildPackager(VirtualEnv, PackageToxEnv):
    """The packaging environment of tox. It is never made: lbuild has environments to build in."""

    @staticmethod
    def id() -> str:
        """Return the name by which the runner asks for it."""
        return NAME

    def perform_packaging(self, for_env: EnvConfigSet) -> list[Package]:
        """Install the project into an environment, which is there by now."""
        root, python = Path(self.conf["package_root"]), Path(for_env["env_python"])
        editable = for_env["package"] == "editable"
        try:
            if self.options.package_only:  # tox -b
                build = api.build_editable if editable else api.build_wheel
                _LOGGER.warning("%s", build(root, python=python).wheel)
            else:
                extras: set[str] = for_env["extras"]
                _tell(api.install(root, python=python, extras=extras, editable=editable))
        except api.BuildFailed as error:
            raise Fail(f"{error}\n{error.output}") from error
        except api.LbuildError as error:
            raise Fail(str(error)) from error
        return []  # nothing is left for tox to install

    def child_pkg_envs(self, run_conf: EnvConfigSet) -> Iterator[PackageToxEnv]:  # noqa: ARG002
        """Return what else is needed to build for some Python: nothing."""
        return iter(())


def _tell(done: api.InstallResult) -> None:
    _LOGGER.warning("%s %s: %s", done.name, done.version, done.action)
    for reason in done.reasons:
        _LOGGER.warning("built because %s", lbuild_keys.sentence(reason))
    for warning in done.warnings:
        _LOGGER.warning("%s", warning)
