"""Makes dist/hfget.pyz, hfget and all it needs in one file: python docs/zipapp.py

It runs wherever there is Python 3.10 or later, without pip and without the network:
`python3 hfget.pyz REPO`. Nothing in it is built for one machine: packages that are only faster, or
that hfget does not call (hf-xet, pydantic), stay without their compiled parts.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "dist" / "hfget.pyz"
MAIN = Path(__file__).with_name("zipapp_main.py")
#: What older versions of Python need besides, whichever one builds this.
FOR_OLDER = ("tomli>=2.0", "exceptiongroup>=1.2")
#: Compiled, and not called, or not needed.
LEFT_OUT = ("hf_xet", "isal", "pydantic_core", "uvloop", "bin")
COMPILED = {".so", ".pyd", ".dylib", ".dll"}
#: The same bytes from the same files.
MOMENT = (2020, 1, 1, 0, 0, 0)


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        install(folder)
        OUT.parent.mkdir(exist_ok=True)
        pack(folder, OUT)
    print(f"{OUT.relative_to(ROOT)}: {OUT.stat().st_size / 1e6:.1f} MB")


def install(folder: Path) -> None:
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--no-compile", "--target", str(folder), f"{ROOT}[serve,socks]", *FOR_OLDER),
        ],
        check=True,
    )
    for name in LEFT_OUT:
        for path in (folder / name, *folder.glob(f"{name}-*.dist-info")):
            shutil.rmtree(path, ignore_errors=True)


def pack(folder: Path, out: Path) -> None:
    """The packages below `folder`, and what unpacks and starts them, as a file that runs."""
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in COMPILED and "__pycache__" not in path.parts
    ]
    digest = hashlib.sha256()
    fresh = out.with_suffix(".part")
    with fresh.open("wb") as file:
        file.write(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for path in files:
                name, content = path.relative_to(folder).as_posix(), path.read_bytes()
                digest.update(f"{name}\0{len(content)}\0".encode() + content)
                write(archive, f"packages/{name}", content)
            write(archive, "DIGEST", digest.hexdigest()[:16].encode())
            write(archive, "__main__.py", MAIN.read_bytes())
    fresh.chmod(0o755)
    fresh.replace(out)


def write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, MOMENT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, content)


if __name__ == "__main__":
    main()
