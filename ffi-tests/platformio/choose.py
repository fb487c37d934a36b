"""What platformio.py links for a compiler that is not at hand whole: choose.py COMPILER FLAG..., in the library's folder.

PlatformIO itself would compile, too; here the compiler only says what it would compile for.
"""

import pathlib
import sys


class Environment:
    def subst(self, _):
        return " ".join(sys.argv[1:])

    def __getitem__(self, _):
        return {}

    def Append(self, LIBPATH, LIBS):
        print(f"{LIBPATH[0]} {LIBS[0]}")

    def Exit(self, code):
        sys.exit(code)


script = pathlib.Path("platformio.py")
exec(compile(script.read_text(), script, "exec"), {"env": Environment(), "Import": lambda _: None})
