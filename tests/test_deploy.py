"""What is under deploy/ agrees with octi and with its image."""

import json
import re
import shlex
from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml  # type: ignore[import-untyped]  # its types are a package of their own, and these are a few plain files

from deploy.sbom import locked_in
from octi import __version__
from octi.advice import unknown_settings
from octi.config import Config, read_config
from octi.errors import BadConfig
from octi.guard.keys import keys_in

ROOT = Path(__file__).parent.parent
SECRETS = {
    "openai_api_key": b"sk-1\n",
    "store_url": b"postgresql://octi:hush@db/octi",
    "api_keys": b"backend:mint+sessions:" + b"0" * 64,
}
TRIED = {"OCTI_AUTH": "none"}  # as somebody would who only wants to see it
GRACE_S = 5.0  # between octi's own limit and its killing: processes of its own have to end


@attrs.frozen(kw_only=True)
class Deployed:
    """What a file says of octi's container. `stops_s`: the limits of a stop, the innermost first."""

    env: Mapping[str, str]
    secrets: set[str]  # where they are mounted
    health: list[str]
    store: str  # where the volume is mounted
    user: str
    port: int
    stops_s: list[float]
    hardened: Mapping[str, Any]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def instructions() -> dict[str, list[str]]:
    """The Containerfile's last stage: what each instruction says, in order."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", text_of("Containerfile"), flags=re.MULTILINE))
    found = defaultdict(list)
    for line in joined.rpartition("\nFROM ")[2].splitlines()[1:]:
        name, _, rest = line.partition(" ")
        found[name].append(rest.strip())
    return found


def image_env() -> dict[str, str]:
    return dict(word.split("=", 1) for line in instructions()["ENV"] for word in shlex.split(line))


def seconds(said: str) -> float:
    return float(re.fullmatch(r"(\d+)s?", said)[1])  # type: ignore[index]  # else the test fails, as it should


def quadlet() -> Deployed:
    """deploy/octi.container."""
    said: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    section = ""
    for line in text_of("deploy/octi.container").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif "=" in line and not line.startswith("#"):
            name, value = line.split("=", 1)
            said[section][name].append(value)
    container = said["Container"]
    secrets = [dict(pair.split("=", 1) for pair in line.split(",")[1:]) for line in container["Secret"]]
    return Deployed(
        env=dict(shlex.split(line)[0].split("=", 1) for line in container["Environment"]),
        secrets={secret["target"] for secret in secrets},
        health=container["HealthCmd"][0].split(),
        store=container["Volume"][0].partition(":")[2],
        user=f"{container['User'][0]}:{container['Group'][0]}",
        port=int(container["PublishPort"][0].rpartition(":")[2]),
        stops_s=[seconds(container["StopTimeout"][0]), seconds(said["Service"]["TimeoutStopSec"][0])],
        hardened={
            "read-only": container["ReadOnly"] == ["true"],
            "no capabilities": container["DropCapability"] == ["all"],
            "no new privileges": container["NoNewPrivileges"] == ["true"],
            "limits": bool(container["PidsLimit"] and said["Service"]["MemoryMax"]),
        },
    )


def kubernetes() -> Deployed:
    """deploy/octi.kube.yaml, and what it needs."""
    kinds = {each["kind"]: each for each in yaml.safe_load_all(text_of("deploy/octi.kube.yaml"))}
    before = {each["kind"]: each for each in yaml.safe_load_all(text_of("deploy/octi.kube.once.yaml"))}
    pod = kinds["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    data, secrets = pod["volumes"]
    assert data["persistentVolumeClaim"]["claimName"] == before["PersistentVolumeClaim"]["metadata"]["name"]
    assert secrets["secret"]["secretName"] == before["Secret"]["metadata"]["name"]
    assert kinds["Service"]["spec"]["ports"][0]["targetPort"] == container["ports"][0]["name"]
    assert kinds["Service"]["spec"]["selector"] == kinds["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert container["readinessProbe"]["exec"]["command"] == ["octi", "health", "--ready"]
    assert container["startupProbe"]["exec"] == container["livenessProbe"]["exec"]
    security = container["securityContext"]
    return Deployed(
        env={each["name"]: each["value"] for each in container["env"]},
        secrets={f"{mounts['secrets']}/{name}" for name in before["Secret"]["data"]},
        health=container["livenessProbe"]["exec"]["command"],
        store=mounts["data"],
        user=f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}",
        port=container["ports"][0]["containerPort"],
        stops_s=[pod["terminationGracePeriodSeconds"]],
        hardened={
            "read-only": security["readOnlyRootFilesystem"],
            "no capabilities": security["capabilities"] == {"drop": ["ALL"]},
            "no new privileges": security["allowPrivilegeEscalation"] is False,
            "limits": bool(container["resources"]["limits"]["memory"]),
        },
    )


def compose() -> Deployed:
    """deploy/compose.yaml."""
    said = yaml.safe_load(text_of("deploy/compose.yaml"))
    octi, db = said["services"]["octi"], said["services"]["db"]
    assert {secret["source"] for secret in octi["secrets"]} | set(db["secrets"]) == said["secrets"].keys()
    assert octi["healthcheck"]["test"][0] == "CMD"
    assert seconds(octi["stop_grace_period"]) < seconds(db["stop_grace_period"])
    return Deployed(
        env={name: re.sub(r"\$\{\w+:-(.*)\}", r"\1", value) for name, value in octi["environment"].items()},
        secrets={secret["target"] for secret in octi["secrets"]},
        health=octi["healthcheck"]["test"][1:],
        store=octi["volumes"][0].partition(":")[2],
        user=octi["user"],
        port=int(octi["ports"][0].rpartition(":")[2]),
        stops_s=[seconds(octi["stop_grace_period"])],
        hardened={
            "read-only": octi["read_only"],
            "no capabilities": octi["cap_drop"] == ["ALL"],
            "no new privileges": octi["security_opt"] == ["no-new-privileges:true"],
            "limits": bool(octi["mem_limit"] and octi["pids_limit"]),
        },
    )


WAYS = pytest.mark.parametrize("deployed", [quadlet, kubernetes, compose])


def config_of(env: Mapping[str, str]) -> Config:
    """What octi makes of these variables, with the secrets that the files name."""
    return read_config({**image_env(), **env}, read=lambda path: SECRETS[Path(path).name])


@WAYS
def test_what_is_deployed_are_settings_that_octi_takes(deployed: Any) -> None:
    """With the secrets where they are mounted; none is in the file itself."""
    env = deployed().env
    assert unknown_settings({**image_env(), **env}) == []
    config = config_of(env)
    assert config.upstream.key == "sk-1"
    in_files = {value for name, value in env.items() if name.endswith("_FILE")}
    assert in_files == deployed().secrets
    assert not {"OPENAI_API_KEY", "OCTI_STORE_URL", "OCTI_API_KEYS"} & env.keys()


@WAYS
def test_what_is_deployed_asks_who_comes(deployed: Any) -> None:
    """Its keys are where the file says, as `octi keys new` writes them."""
    (key,) = keys_in(config_of(deployed().env).access.api_keys)
    assert (key.name, key.tenant) == ("backend", "")


@WAYS
def test_what_is_deployed_is_octis_own_image(deployed: Any) -> None:
    """Port, user, volume and health check are those that the image has."""
    found, image = deployed(), instructions()
    assert [str(found.port)] == image["EXPOSE"] == [image_env()["PORT"]]
    assert [found.user] == image["USER"]
    assert [found.store] == image["VOLUME"] == image["WORKDIR"]
    assert f"CMD {json.dumps(found.health)}" == " ".join(image["HEALTHCHECK"][0].split()[-3:])
    assert found.hardened == dict.fromkeys(found.hardened, True)


@WAYS
def test_octi_has_ended_by_itself_before_it_is_killed(deployed: Any) -> None:
    """Each limit of a stop is above the one inside it."""
    found = deployed()
    limits = [config_of(found.env).limits.drain_s, *found.stops_s]
    assert all(outer - inner >= GRACE_S for inner, outer in pairwise(limits))


def test_the_image_runs_octi_as_process_one() -> None:
    """In exec form, so that signals reach it; and it listens beyond itself."""
    image = instructions()
    assert json.loads(image["ENTRYPOINT"][0])[1:] == ["-m", "octi"]
    assert json.loads(image["CMD"][0]) == ["serve"]
    assert config_of(TRIED).listen.host == "0.0.0.0"
    assert config_of(TRIED).store_url == Config().store_url  # in the working directory; a file may name another


def test_the_image_wants_to_know_who_may_come() -> None:
    """It listens beyond itself, so it does not start without."""
    with pytest.raises(BadConfig, match="octi keys new"):
        config_of({})


def test_the_images_version_is_octis() -> None:
    """Of the label, and of the list of packages."""
    assert re.findall(r"^ARG VERSION=(.*)$", text_of("Containerfile"), re.MULTILINE) == [__version__] * 2


def test_what_the_build_copies_is_not_ignored() -> None:
    """And nothing else but that reaches it."""
    copied = {
        name.removeprefix("./")
        for line in text_of("Containerfile").splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for name in line.split()[1:-1]
    }
    ignoring = text_of(".dockerignore").splitlines()
    assert "*" in ignoring
    assert {line[1:] for line in ignoring if line.startswith("!")} == copied


def test_the_locks_hold_the_same_versions() -> None:
    """A package that is in two of them is the same in both, with the same hashes."""
    everything = locked_in(text_of("requirements-dev.lock"))
    for name in ("image", "run", "french"):
        locked = locked_in(text_of(f"requirements-{name}.lock"))
        assert locked
        assert {package for package in locked if everything.get(package) != locked[package]} == set()
