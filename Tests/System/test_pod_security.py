"""`[security] pod_security`: what a level forbids is refused before anything is made."""

import pytest

pytestmark = pytest.mark.vm


def test_an_ordinary_container_passes_baseline(lab):
    lab.configure({"security": {"pod_security": "baseline"}})
    assert lab.output("echo", "in") == "in\n"


@pytest.mark.parametrize(
    "flag, rule", [("--privileged", "Privileged Containers"), ("--net-host", "Host Namespaces")]
)
def test_baseline_refuses_by_the_rules_name(lab, flag, rule):
    lab.configure({"security": {"pod_security": "baseline"}})
    done = lab.run("true", flags=[flag])
    assert done.returncode != 0
    assert 'Pod Security level "baseline" forbids' in done.stderr and rule in done.stderr, done.stderr
