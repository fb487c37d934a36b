"""Reads the module's files as Zephyr's scripts do: prints which archive zephyr/Kconfig takes for each processor.

Zephyr's own symbols are declared here, no more of them than zephyr/Kconfig asks for.
"""

import pathlib
import re
import sys
import tempfile

import kconfiglib
import yaml

root = pathlib.Path(sys.argv[1])
text = (root / "zephyr/Kconfig").read_text()
own = set(re.findall(r"^\s*(?:menu)?config (\w+)", text, re.M))
conditions = " ".join(re.findall(r"\bif (.+)", text) + re.findall(r"depends on (.+)", text))
foreign = set(re.findall(r"\b[A-Z][A-Z0-9_]+\b", conditions)) - own - {"64BIT"} | {"64BIT"}


def target_for(symbols):
    unknown = set(symbols) - foreign
    assert not unknown, f"zephyr/Kconfig does not ask for {unknown}"
    with tempfile.TemporaryDirectory() as folder:
        tree = "".join(f'config {name}\n\tbool "{name}"\n' for name in sorted(foreign))
        path = pathlib.Path(folder, "Kconfig")
        path.write_text(f'{tree}source "{root}/zephyr/Kconfig"\n')
        kconfig = kconfiglib.Kconfig(str(path), warn_to_stderr=False)
        for name in symbols:
            assert kconfig.syms[name].set_value("y")
        kconfig.syms["MOTEPOST"].set_value("y")
        own_warnings = [warning for warning in kconfig.warnings if "MOTEPOST" in warning]
        assert not own_warnings, own_warnings
        return kconfig.syms["MOTEPOST_TARGET"].str_value


arm = {
    "thumbv6m": ["M0", "M0PLUS", "M1"],
    "thumbv7m": ["M3"],
    "thumbv7em": ["M4", "M7"],
    "thumbv8m.base": ["M23"],
    "thumbv8m.main": ["M33", "M52", "M55", "M85"],
}
for cores in arm.values():
    for core in cores:
        for floats in ([], ["FPU"], ["FPU", "FP_HARDABI"]):
            print(f"CPU_CORTEX_{core}", *floats, "->", target_for([f"CPU_CORTEX_{core}", *floats]))
isa = ["RISCV", "RISCV_ISA_EXT_M", "RISCV_ISA_EXT_C"]
for symbols in (
    isa,
    isa + ["RISCV_ISA_EXT_A"],
    isa + ["RISCV_ISA_EXT_A", "FLOAT_HARD"],
    isa + ["RISCV_ISA_EXT_A", "64BIT"],
    ["RISCV"],
    ["ARCH_POSIX", "64BIT"],
    ["ARCH_POSIX"],
    [],
):
    print(*symbols, "->", target_for(symbols))

module = yaml.safe_load((root / "zephyr/module.yml").read_text())
assert (root / module["build"]["cmake"] / "CMakeLists.txt").is_file()
assert (root / module["build"]["kconfig"]).is_file()
for folder in module["samples"] + module["tests"]:
    folder = root / folder
    suites = [yaml.safe_load((folder / name).read_text()) for name in ("sample.yaml", "testcase.yaml") if (folder / name).is_file()]
    assert suites and (folder / "prj.conf").is_file() and (folder / "CMakeLists.txt").is_file(), folder
    known = own | set(re.findall(r"^config (\w+)", "".join(p.read_text() for p in folder.glob("Kconfig")), re.M))
    settings = [line for path in folder.rglob("*.conf") for line in path.read_text().splitlines()]
    settings += [extra for suite in suites for test in suite["tests"].values() for extra in test.get("extra_configs", [])]
    for name in re.findall(r"CONFIG_((?:MOTEPOST|EXAMPLE)\w*)", "\n".join(settings)):
        assert name in known, f"{folder}: there is no CONFIG_{name}"
