"""Links the archive that fits what PlatformIO's compiler makes here.

The compiler is asked, since it alone knows what its flags come to: an archive with another float ABI does not link.
"""

import os
import re
import subprocess

Import("env")  # noqa: F821, SCons's

ARM = {
    "6M": "cortex-m0",
    "7M": "cortex-m3",
    "7EM": "cortex-m4",
    "7EM hard": "cortex-m4/fpv4-sp-d16-hard",
    "8M_BASE": "cortex-m23",
    "8M_MAIN": "cortex-m33",
    "8M_MAIN hard": "cortex-m33/fpv5-sp-d16-hard",
    "8_1M_MAIN": "cortex-m33",
    "8_1M_MAIN hard": "cortex-m33/fpv5-sp-d16-hard",
}


def macros():
    command = env.subst("$CC $CFLAGS $CCFLAGS").split() + ["-dM", "-E", "-x", "c", os.devnull]
    said = subprocess.run(command, env={**os.environ, **env["ENV"]}, capture_output=True, text=True)
    if said.returncode != 0:
        give_up(f"the compiler cannot say what it compiles for: {said.stderr}")
    return dict(re.findall(r"^#define (\w+) ?(.*)$", said.stdout, re.M))


def folder(macros):
    for name in macros:
        if arm := re.fullmatch("__ARM_ARCH_(6M|7M|7EM|8M_BASE|8M_MAIN|8_1M_MAIN)__", name):
            return ARM.get(arm[1] + (" hard" if "__ARM_PCS_VFP" in macros else ""))
    if macros.get("__riscv_xlen") == "32" and macros.keys() >= {"__riscv_float_abi_soft", "__riscv_mul", "__riscv_compressed"}:
        return "esp32c6" if "__riscv_atomic" in macros else "esp32c3"
    # Of all Xtensa, the ESP8266 alone calls without register windows. Linkers only warn when the two meet.
    if "__XTENSA_WINDOWED_ABI__" in macros:
        return "esp32"
    if "__XTENSA_CALL0_ABI__" in macros:
        return "esp8266"
    if macros.get("__AVR_ARCH__") == "5":
        return "atmega328p"
    for machine in ("x86_64", "aarch64"):
        if macros.keys() >= {f"__{machine}__", "__linux__"}:
            return f"{machine}-unknown-linux-gnu"
    return None


def give_up(reason):
    print(f"motepost: {reason}")
    env.Exit(1)


found = folder(macros())
path = os.path.join(os.getcwd(), "src", found or "none")
if not os.path.isfile(os.path.join(path, "libmotepost.a")):
    give_up(f"no archive for this processor and float ABI ({found or 'none is known'}); an AVR's with another core than "
            "the ATmega328P's and RISC-V's with floating point have none")
env.Append(LIBPATH=[path], LIBS=["motepost"])
