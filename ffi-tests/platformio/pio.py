"""Runs PlatformIO without its registry: pio.py FOLDER ARGUMENT..., with FOLDER for what it keeps.

PlatformIO downloads SCons as a package of its own; here it gets the one from PyPI.
"""

import json
import os
import pathlib
import sys

from platformio.dependencies import get_core_dependencies

folder = pathlib.Path(sys.argv[1]).resolve()
scons = folder / "packages/tool-scons"
scons.mkdir(parents=True, exist_ok=True)
version = get_core_dependencies()["tool-scons"].lstrip("~^=")
package = {"type": "tool", "name": "tool-scons", "version": version}
(scons / "package.json").write_text(json.dumps(package))
(scons / ".piopm").write_text(json.dumps({**package, "spec": {"owner": "platformio", "name": "tool-scons"}}))
(scons / "scons.py").write_text("import SCons.Script\n\nSCons.Script.main()\n")

settings = {
    "PLATFORMIO_CORE_DIR": folder,
    "PLATFORMIO_WORKSPACE_DIR": folder / "workspace",
    "PLATFORMIO_SETTING_ENABLE_TELEMETRY": "no",
    "PLATFORMIO_SETTING_CHECK_PLATFORMIO_INTERVAL": "9999",
    "PLATFORMIO_SETTING_CHECK_PRUNE_SYSTEM_THRESHOLD": "0",
}
os.environ.update({name: str(value) for name, value in settings.items()})
os.execv(sys.executable, [sys.executable, "-m", "platformio", *sys.argv[2:]])
