"""The lock on the data folder: one server at a time."""

import json
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import IO
from uuid import uuid4

from graph.jobs.errors import FolderInUse, StoreError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK_NAME = "server.lock"
_NETWORK_FILE_SYSTEMS = ("nfs", "cifs", "smb", "fuse.sshfs", "afs", "ceph", "glusterfs")


class FolderLock:
    """Holds a data folder for this process. The system gives it back when the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.instance = ""
        """Names this installation, the same after a restart."""
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the folder, creating it if need be.

        Raises:
            FolderInUse: another server has it; the message says which.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        file = (self.folder / LOCK_NAME).open("a+", encoding="utf-8")
        file.seek(0)
        known = _read(file)
        try:
            _lock(file)
        except OSError as error:
            file.close()
            holder = f"process {known['pid']}" if "pid" in known else "another process"
            raise FolderInUse(
                f"The data folder {self.folder} is in use by another server ({holder}). Stop that one first, or start "
                "this one with another folder (--data-dir)."
            ) from error
        self.instance = str(known.get("instance") or uuid4())
        file.seek(0)
        file.truncate()
        file.write(json.dumps({"instance": self.instance, "pid": os.getpid()}))
        file.flush()
        self._file = file

    def release(self) -> None:
        """Give the folder back."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> "FolderLock":
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def refuse_network_folder(folder: Path, mounts: Path = Path("/proc/mounts")) -> None:
    """Refuse to keep an SQLite database on a network file system, where it would be damaged sooner or later.

    Raises:
        StoreError: the folder is on one.
    """
    if not mounts.exists():
        return
    place = folder.resolve()
    best, kind = Path("/"), ""
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        _, point, system, *_ = line.split(" ")
        mounted = Path(point.replace("\\040", " "))
        if place.is_relative_to(mounted) and len(mounted.parts) >= len(best.parts):
            best, kind = mounted, system
    if kind.startswith(_NETWORK_FILE_SYSTEMS):
        raise StoreError(
            f"The data folder {folder} is on a network file system ({kind}), which SQLite cannot use safely. Choose a "
            "local folder (--data-dir), or keep the jobs in PostgreSQL (--database postgresql://...)."
        )


def _read(file: IO[str]) -> dict[str, object]:
    try:
        known = json.loads(file.read() or "{}")
    except ValueError:
        return {}
    return known if isinstance(known, dict) else {}


def _lock(file: IO[str]) -> None:
    if sys.platform == "win32":
        file.seek(4096)  # beyond the text, which others may read
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
