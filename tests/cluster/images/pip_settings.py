"""How this machine's pip reaches its registry, as a file that a build mounts and no image keeps."""

import ast
import subprocess
import sys
from pathlib import Path

# What a build needs of it. Folders of this machine (find-links) are not there in a build.
_TAKEN = (
    "cert",
    "client-cert",
    "extra-index-url",
    "index-url",
    "no-index",
    "proxy",
    "retries",
    "timeout",
    "trusted-host",
)


def write_pip_settings(path: Path) -> Path:
    """Readable by its owner only: an address may hold a password."""
    path.touch(mode=0o600)
    lines = [f"{name} = {value}\n" for name, value in _settings().items()]
    path.write_text("[global]\n" + "".join(lines).replace("%", "%%"))
    return path


def _settings() -> dict[str, str]:
    """From all its files and the environment, which wins."""
    asked = [sys.executable, "-m", "pip", "config", "list"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    pairs = (line.partition("=") for line in said.splitlines() if "=" in line)
    named = {key.rpartition(".")[2]: str(ast.literal_eval(value)) for key, _, value in pairs}
    return {name: " ".join(value.split()) for name, value in named.items() if name in _TAKEN}
