"""What tests/deploy/validate checks: that each file fits its schema, and that what one file refers to is in another."""

import functools
import importlib.resources
import ipaddress
import json
import re
import sys
import tomllib
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import jsonschema
import kubernetes_validate
import yaml

# The oldest and the newest Kubernetes whose schemas the manifests have to satisfy.
KUBERNETES = ("1.31", "1.37")

# Manifests that kustomization.yaml must not name: `apply` would write placeholders over secrets, and begin a run.
BY_HAND = {"secrets.yaml", "job.yaml"}

KUSTOMIZATION_KEYS = {"apiVersion", "kind", "resources"}

faults = []


class Loader(yaml.SafeLoader):
    """Reads YAML, and refuses a key that is there twice: the last one would win without a word."""

    def flatten_mapping(self, node):
        seen = set()
        for key, _ in node.value:
            if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                raise yaml.MarkedYAMLError(problem=f"the key `{key.value}` is there twice", problem_mark=key.start_mark)
            seen.add(key.value)
        super().flatten_mapping(node)


class Document:
    """One document of a file, which knows the line of each place in it."""

    def __init__(self, path, node, data):
        self.path, self.node, self.data = path, node, data

    def fault(self, place, message):
        """Notes what is wrong at a place, which is a list of keys and numbers."""
        node = self.node
        for step in place:
            if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
            elif isinstance(node, yaml.MappingNode):
                found = [value for key, value in node.value if key.value == str(step)]
                if not found:
                    break
                node = found[0]
        where = ".".join(map(str, place)) or "the document"
        faults.append(f"{self.path}:{node.start_mark.line + 1}: {where}: {message}")

    def get(self, *place):
        """What is at a place, or None."""
        value = self.data
        for step in place:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value


def documents(path):
    """The documents of a file."""
    try:
        loader = Loader(path.read_text())
        found = []
        while loader.check_node():
            node = loader.get_node()
            # This also puts what `<<` merges into the nodes, so that it has a line, too.
            found.append(Document(path, node, loader.construct_document(node)))
        found = [one for one in found if one.data is not None]
        if not found:
            faults.append(f"{path}:1: it is empty")
        return found
    except (OSError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        faults.append(f"{path}:{line}: {getattr(error, 'problem', None) or error}")
        return []


def settings():
    """From docs/settings.md: the keys of a settings file, and the seconds of `grace`."""
    rows = [re.split(r"(?<!\\)\|", line) for line in Path("docs/settings.md").read_text().splitlines()]
    defaults = {row[3].strip(" `"): row[4].strip() for row in rows if len(row) > 6}
    return defaults.keys(), seconds(defaults["grace"])


def seconds(text):
    """A time such as `1m30s`."""
    parts = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", str(text))
    if not parts or not any(parts.groups()):
        return 0
    return 60 * int(parts[1] or 0) + int(parts[2] or 0)


def flag(arguments, name):
    """The value of `--NAME=VALUE`."""
    values = [text.partition("=")[2] for text in arguments or [] if text.startswith(f"--{name}=")]
    return values[0] if values else None


def faults_of_target(text, keys, has_file):
    """A settings file of a target has known keys, and each file that it names is mounted."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return [str(error)]
    found = [f"`{key}` is no setting of docs/settings.md" for key in table if key not in keys]
    for key, value in table.items():
        if key.endswith("-file") and not has_file(str(value)):
            found.append(f"`{key}` names {value}, which is not mounted")
    return found


# Kubernetes


@functools.cache
def schema_faults(text):
    """Where an object, as JSON, does not fit the schema of its kind. broken.py asks many times about the same one."""
    data = json.loads(text)
    for version in KUBERNETES:
        try:
            kubernetes_validate.validate(data, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            return [(list(error.path), f"{error.message} (Kubernetes {version})")]
        except kubernetes_validate.SchemaNotFoundError as error:
            return [(["kind"], error.message)]
    return []


class Cluster:
    """All manifests of a folder."""

    def __init__(self, folder, keys, grace):
        self.keys, self.grace = keys, grace
        self.kustomization = folder / "kustomization.yaml"
        paths = sorted(path for path in folder.glob("*.yaml") if path != self.kustomization)
        self.objects = [one for path in paths for one in documents(path)]
        self.paths = paths
        self.used = set()

    def named(self, kind):
        return {one.get("metadata", "name"): one for one in self.objects if one.get("kind") == kind}

    def check(self):
        for one in self.objects:
            self.check_schema(one)
        # What does not have the right form cannot be compared with anything.
        if faults:
            return
        self.check_kustomization()
        self.check_names()
        workloads = [one for one in self.objects if one.get("spec", "template", "spec")]
        for one in workloads:
            self.check_pod(one)
        self.check_images(workloads)
        self.check_selectors(workloads)
        for kind in ("Secret", "ConfigMap"):
            for name, one in self.named(kind).items():
                if (kind, name) not in self.used:
                    one.fault(["metadata", "name"], "no pod uses it")

    def check_schema(self, one):
        if not isinstance(one.data, dict) or not one.get("kind") or not one.get("apiVersion"):
            one.fault([], "it has no `kind` or no `apiVersion`")
            return
        for place, message in schema_faults(json.dumps(one.data, default=str)):
            one.fault(place, message)

    def check_kustomization(self):
        for one in documents(self.kustomization):
            for key in one.data.keys() - KUSTOMIZATION_KEYS:
                one.fault([key], f"only {', '.join(sorted(KUSTOMIZATION_KEYS))} are known")
            listed = one.get("resources") or []
            files = {path.name for path in self.paths}
            for number, name in enumerate(listed):
                if name not in files:
                    one.fault(["resources", number], f"there is no file {name}")
                if name in BY_HAND or listed.index(name) != number:
                    one.fault(["resources", number], f"{name} must not be here, or is here twice")
            for name in sorted(files - BY_HAND - set(listed)):
                one.fault(["resources"], f"{name} is not in the list")

    def check_names(self):
        seen = set()
        namespaces = self.named("Namespace")
        for one in self.objects:
            name = (one.get("kind"), one.get("metadata", "name"))
            if name in seen:
                one.fault(["metadata", "name"], f"there are two of {name[0]} {name[1]}")
            seen.add(name)
            if name[0] != "Namespace" and one.get("metadata", "namespace") not in namespaces:
                one.fault(["metadata", "namespace"], f"it is none of {', '.join(namespaces)}")

    def keys_of(self, one, place, kind, name):
        """The keys of a Secret or ConfigMap, which has to exist."""
        found = self.named(kind).get(name)
        if not found:
            one.fault(place, f"there is no {kind} {name}")
            return {}
        self.used.add((kind, name))
        return {**(found.get("data") or {}), **(found.get("stringData") or {})}

    def check_pod(self, one):
        place = ["spec", "template", "spec"]
        pod = one.get(*place)
        if pod.get("terminationGracePeriodSeconds", 30) <= self.grace:
            one.fault([*place, "terminationGracePeriodSeconds"], f"not longer than `grace` ({self.grace} s)")
        volumes = {}
        for number, volume in enumerate(pod.get("volumes", [])):
            here = [*place, "volumes", number]
            for kind, key, name in (("Secret", "secret", "secretName"), ("ConfigMap", "configMap", "name")):
                if key in volume:
                    volumes[volume["name"]] = self.keys_of(one, [*here, key, name], kind, volume[key].get(name))
            volumes.setdefault(volume["name"], None)
        containers = [
            ([*place, kind, number], container)
            for kind in ("initContainers", "containers")
            for number, container in enumerate(pod.get(kind, []))
        ]
        for here, container in containers:
            self.check_container(one, here, container, volumes)
        for name in volumes.keys() - {m["name"] for _, c in containers for m in c.get("volumeMounts", [])}:
            one.fault([*place, "volumes"], f"no container mounts {name}")
        names = {container["name"] for container in pod["containers"]}
        for number, rule in enumerate(one.get("spec", "podFailurePolicy", "rules") or []):
            name = rule.get("onExitCodes", {}).get("containerName")
            if name and name not in names:
                one.fault(["spec", "podFailurePolicy", "rules", number], f"there is no container {name}")
        self.check_rights(one, place, pod, containers)

    def check_container(self, one, place, container, volumes):
        mounts = {}
        for number, mount in enumerate(container.get("volumeMounts", [])):
            if mount["name"] not in volumes:
                one.fault([*place, "volumeMounts", number, "name"], f"there is no volume {mount['name']}")
                continue
            mounts[PurePosixPath(mount["mountPath"])] = volumes[mount["name"]]

        def has_file(text):
            path = PurePosixPath(text)
            return path in mounts or path.name in (mounts.get(path.parent) or {})

        arguments = container.get("args", [])
        for number, text in enumerate(arguments):
            path = text.partition("=")[2] if text.startswith("--") else text
            if path.startswith("/") and not has_file(path):
                one.fault([*place, "args", number], f"{path} is not mounted")
        targets = PurePosixPath(flag(arguments, "targets") or PurePosixPath(flag(arguments, "config") or "/").parent)
        for name, text in (mounts.get(targets) or {}).items():
            if not name.endswith(".toml"):
                one.fault([*place, "volumeMounts"], f"{name} in {targets} is no NAME.toml")
            for fault in faults_of_target(text, self.keys, has_file):
                one.fault([*place, "volumeMounts"], f"{targets / name}: {fault}")

        for number, variable in enumerate(container.get("env", [])):
            for kind, key in (("Secret", "secretKeyRef"), ("ConfigMap", "configMapKeyRef")):
                source = variable.get("valueFrom", {}).get(key)
                here = [*place, "env", number, "valueFrom", key]
                if source and source["key"] not in self.keys_of(one, [*here, "name"], kind, source["name"]):
                    one.fault([*here, "key"], f"the {kind} {source['name']} has no key {source['key']}")

        ports = {port.get("name"): port["containerPort"] for port in container.get("ports", [])}
        listen = flag(arguments, "listen")
        if sorted(ports.values()) != ([int(listen.rpartition(":")[2])] if listen else []):
            one.fault([*place, "ports"], f"they are not what `--listen={listen}` serves")
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            port = container.get(probe, {}).get("httpGet", {}).get("port")
            if port is not None and port not in ports and port not in ports.values():
                one.fault([*place, probe, "httpGet", "port"], f"the container has no port {port}")

    def check_rights(self, one, place, pod, containers):
        """The rules of the level `restricted`, which the namespace enforces, and a read-only root."""
        context = pod.get("securityContext", {})
        if context.get("runAsNonRoot") is not True or context.get("runAsUser") == 0:
            one.fault([*place, "securityContext"], "it may run as root")
        if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            one.fault([*place, "securityContext"], "it has no `seccompProfile`")
        for here, container in containers:
            own = container.get("securityContext", {})
            wanted = {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            if own != wanted:
                one.fault([*here, "securityContext"], f"it is not {json.dumps(wanted)}")

    def check_images(self, workloads):
        version = tomllib.loads(Path("Cargo.toml").read_text())["package"]["version"]
        images = set()
        for one in workloads:
            for number, container in enumerate(one.get("spec", "template", "spec", "containers")):
                images.add(container["image"])
                if len(images) > 1 or not container["image"].endswith(f":{version}"):
                    place = ["spec", "template", "spec", "containers", number, "image"]
                    one.fault(place, f"it is not the same everywhere, with the version {version} of Cargo.toml")

    def check_selectors(self, workloads):
        def labels(one):
            return one.get("spec", "template", "metadata", "labels") or {}

        def matches(selector, one):
            return (selector or {}).items() <= labels(one).items()

        port_names = set()
        for one in workloads:
            selector = one.get("spec", "selector", "matchLabels")
            if selector and not matches(selector, one):
                one.fault(["spec", "selector"], "it does not select the pods of this template")
            for number, spread in enumerate(one.get("spec", "template", "spec", "topologySpreadConstraints") or []):
                if not matches(spread.get("labelSelector", {}).get("matchLabels"), one):
                    place = ["spec", "template", "spec", "topologySpreadConstraints", number]
                    one.fault(place, "it does not select the pods of this template")
            for container in one.get("spec", "template", "spec", "containers"):
                port_names |= {port.get("name") for port in container.get("ports", [])}
        for one in self.named("PodDisruptionBudget").values():
            selected = [w for w in workloads if matches(one.get("spec", "selector", "matchLabels"), w)]
            if [w.get("kind") for w in selected] != ["Deployment"]:
                one.fault(["spec", "selector"], "it does not select the pods of the Deployment alone")
        policies = self.named("NetworkPolicy").values()
        for workload in workloads:
            if not any(matches(one.get("spec", "podSelector", "matchLabels"), workload) for one in policies):
                workload.fault(["spec", "template", "metadata", "labels"], "no NetworkPolicy selects them")
        for one in policies:
            for number, rule in enumerate(one.get("spec", "ingress") or []):
                for port in rule.get("ports", []):
                    if port.get("port") not in port_names:
                        one.fault(["spec", "ingress", number], f"no container has a port {port.get('port')}")
            self.check_egress(one)

    def check_egress(self, one):
        allowed = set()
        for number, rule in enumerate(one.get("spec", "egress") or []):
            allowed |= {(port.get("protocol", "TCP"), port.get("port")) for port in rule.get("ports", [])}
            for to, peer in enumerate(rule.get("to", [])):
                block = peer.get("ipBlock", {})
                for text in [block.get("cidr"), *block.get("except", [])]:
                    try:
                        whole = ipaddress.ip_network(block.get("cidr", "0.0.0.0/0"))
                        inside = text is None or ipaddress.ip_network(text).subnet_of(whole)
                    except (ValueError, TypeError) as error:
                        one.fault(["spec", "egress", number, "to", to, "ipBlock"], str(error))
                        continue
                    if not inside:
                        one.fault(["spec", "egress", number, "to", to, "ipBlock"], f"{text} is outside")
        needed = {("UDP", 53), ("TCP", 53), ("TCP", 443)}
        for other in self.named("ConfigMap").values():
            for text in (other.get("data") or {}).values():
                if text.startswith("postgres://"):
                    needed.add(("TCP", urlsplit(text).port or 5432))
        for protocol, port in sorted(needed - allowed):
            one.fault(["spec", "egress"], f"{protocol} to port {port} is needed, and no rule allows it")


# Compose


class Compose:
    """The file of Compose, and the files beside it."""

    def __init__(self, folder, keys, grace):
        self.folder, self.keys, self.grace = folder, keys, grace

    def check(self):
        found = documents(self.folder / "compose.yaml")
        if len(found) != 1:
            faults.append(f"{self.folder}/compose.yaml: it has {len(found)} documents that can be read")
            return
        self.file = found[0]
        path = importlib.resources.files("check_jsonschema") / "builtin_schemas/vendor/compose-spec.json"
        schema = json.loads(path.read_text())
        errors = list(jsonschema.validators.validator_for(schema)(schema).iter_errors(self.file.data))
        for error in errors:
            # Of alternatives that all fail, the one that fits best says most.
            error = jsonschema.exceptions.best_match([error])
            self.file.fault(list(error.absolute_path), error.message)
        if errors:
            return
        self.check_references()
        for name, service in self.file.get("services").items():
            self.check_service(name, service)

    def check_references(self):
        """What services name exists, and all that exists is named."""
        for kind in ("secrets", "networks", "volumes"):
            known = self.file.get(kind) or {}
            used = set()
            for name, service in self.file.get("services").items():
                for number, entry in enumerate(service.get(kind, [])):
                    place = ["services", name, kind, number]
                    source = entry if isinstance(entry, str) else entry.get("source")
                    if kind == "volumes":
                        if not isinstance(entry, str):
                            self.file.fault(place, "write it as SOURCE:TARGET, which is what is compared here")
                            continue
                        source = source.partition(":")[0]
                        if source.startswith("."):
                            self.check_path(place, source)
                            continue
                    used.add(source)
                    if source not in known:
                        self.file.fault(place, f"there is no `{source}` in `{kind}`")
            for name in known.keys() - used:
                self.file.fault([kind, name], "no service uses it")
        for name, secret in (self.file.get("secrets") or {}).items():
            self.check_path(["secrets", name, "file"], secret.get("file", ""))
        for name, service in self.file.get("services").items():
            for other in service.get("depends_on", []):
                if other not in self.file.get("services"):
                    self.file.fault(["services", name, "depends_on"], f"there is no service {other}")
                elif not self.file.get("services", other, "healthcheck"):
                    self.file.fault(["services", name, "depends_on"], f"{other} has no `healthcheck`")

    def check_path(self, place, text):
        """A path is in the repository, or is kept out of it on purpose."""
        first = PurePosixPath(text).parts[0] if text else ""
        ignored = (self.folder / ".gitignore").read_text().split()
        if not (self.folder / text).exists() and f"/{first}/" not in ignored:
            self.file.fault(place, f"there is no {text}, and .gitignore does not name it")
        if place[0] == "secrets" and f"/{first}/" not in ignored:
            self.file.fault(place, f"{text} could be committed: .gitignore does not name /{first}/")

    def check_service(self, name, service):
        place = ["services", name]
        fault = self.file.fault
        wanted = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}
        for key, value in wanted.items():
            if service.get(key) != value:
                fault([*place, key], f"it is not {json.dumps(value)}")
        if service.get("privileged") or service.get("cap_add") or not service.get("user"):
            fault(place, "it has rights that it does not need, or no `user`")
        if seconds(service.get("stop_grace_period", "10s")) <= self.grace:
            fault([*place, "stop_grace_period"], f"not longer than `grace` ({self.grace} s)")

        mounted = {"/run/secrets/" + secret for secret in service.get("secrets", [])}
        short = [volume for volume in service.get("volumes", []) if isinstance(volume, str)]
        volumes = dict(reversed(volume.split(":")[:2]) for volume in short)
        variables = service.get("environment", {})
        if not isinstance(variables, dict):
            fault([*place, "environment"], "write it as NAME: VALUE, which is what is compared here")
            variables = {}
        for key, value in variables.items():
            if key.endswith("FILE") and value not in mounted:
                fault([*place, "environment"], f"`{key}` names {value}, which is no secret of this service")
        for place_in, source in volumes.items():
            if place_in == "/targets" and (self.folder / source).is_dir():
                for path in sorted((self.folder / source).iterdir()):
                    if path.suffix != ".toml":
                        fault([*place, "volumes"], f"{path} is no NAME.toml")
                    for found in faults_of_target(path.read_text(), self.keys, mounted.__contains__):
                        fault([*place, "secrets"], f"{path}: {found}")
        arguments = service.get("command", [])
        if flag(arguments, "targets") not in (None, *volumes):
            fault([*place, "command"], "`--targets` names no volume")
        listen = flag(arguments, "listen")
        asked = " ".join(service.get("healthcheck", {}).get("test", [])).split()
        if listen and f"3<>/dev/tcp/127.0.0.1/{listen.rpartition(':')[2]}" not in asked:
            fault([*place, "healthcheck"], f"it does not ask the port of `--listen={listen}`")
        if "OFFBOARD_LEDGER" in variables:
            self.check_ledger([*place, "environment"], service, urlsplit(variables["OFFBOARD_LEDGER"]))

    def check_ledger(self, place, service, address):
        database = self.file.get("services", address.hostname)
        if not database:
            self.file.fault(place, f"there is no service {address.hostname}")
            return
        if not set(service.get("networks", [])) & set(database.get("networks", [])):
            self.file.fault(place, f"it has no network in common with {address.hostname}")
        found = (address.username, address.path.removeprefix("/"))
        made = tuple((database.get("environment") or {}).get(key) for key in ("POSTGRES_USER", "POSTGRES_DB"))
        if found != made:
            self.file.fault(place, f"it names user and database {found}, and {address.hostname} makes {made}")


def check(folder):
    """What is wrong in a folder, and how many objects of Kubernetes it has."""
    faults.clear()
    keys, grace = settings()
    cluster = Cluster(folder / "kubernetes", keys, grace)
    cluster.check()
    Compose(folder / "compose", keys, grace).check()
    return list(faults), len(cluster.objects)


def main():
    found, objects = check(Path(sys.argv[1]))
    for fault in found:
        print(fault)
    if not found:
        print(f"{objects} objects of Kubernetes and compose.yaml: all is well")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
