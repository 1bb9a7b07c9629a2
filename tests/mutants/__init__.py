"""Which tests find a fault? Faults are put into the code one by one, and the tests are run.

``nox -s mutants``, or ``python -m mutants`` with ``tests`` on the path. Each fault is a mistake
that a developer could make: it breaks one promise of lbuild. The quick tests have to find nearly
all faults, and all tests together have to find each of them. It takes ten minutes on two cores.

- ``fault``: one fault as a value, and how it is put into a checkout
- ``faults_of_keys``, ``faults_of_frontend``, ``faults_of_installs``: the faults
- ``workshop``: a copy of the checkout with an environment of its own, in which tests are run
- ``search``: the tests that find a fault, the likely ones first
"""
