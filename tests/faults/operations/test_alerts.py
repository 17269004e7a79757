"""The alerts of docs/operations.md are rules that Prometheus takes."""

import re
import subprocess
from pathlib import Path

PAGE = (Path(__file__).parents[3] / "docs" / "operations.md").read_text()


def test_prometheus_takes_the_alerts_of_the_page(tmp_path: Path) -> None:
    (rules,) = re.findall(r"^```yaml\n(groups:.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    file = tmp_path / "rules.yaml"
    file.write_text(rules)
    done = subprocess.run(
        ["promtool", "check", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{rules.count('- alert:')} rules found" in done.stdout
