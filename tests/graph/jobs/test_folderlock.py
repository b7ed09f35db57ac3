import subprocess
import sys
from pathlib import Path

import pytest

from graph.jobs.errors import FolderInUse, StoreError
from graph.jobs.folderlock import FolderLock, refuse_network_folder


def test_a_second_server_is_told_who_has_the_folder(tmp_path: Path):
    code = f"""
import sys
from pathlib import Path
from graph.jobs.folderlock import FolderLock
with FolderLock(Path({str(tmp_path)!r})):
    print("locked", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(FolderInUse, match=rf"in use by another server \(process {other.pid}\).*--data-dir"):
            FolderLock(tmp_path).acquire()
        other.kill()
        other.wait()
    with FolderLock(tmp_path):
        pass  # the system gave it back


def test_the_folder_keeps_the_name_of_its_installation(tmp_path: Path):
    with FolderLock(tmp_path / "new") as first:
        pass
    with FolderLock(tmp_path / "new") as second:
        assert second.instance == first.instance != ""


def test_a_garbled_lock_file_is_no_obstacle(tmp_path: Path):
    (tmp_path / "server.lock").write_text("[{")
    with FolderLock(tmp_path) as lock:
        assert lock.instance


@pytest.mark.parametrize(
    ("system", "is_refused"), [("nfs4", True), ("cifs", True), ("ext4", False), ("overlay", False)]
)
def test_network_file_systems_are_refused_for_sqlite(tmp_path: Path, system: str, is_refused: bool):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/x {tmp_path} {system} rw 0 0\n")
    if is_refused:
        with pytest.raises(StoreError, match=f"network file system \\({system}\\).*postgresql"):
            refuse_network_folder(tmp_path / "data", mounts)
    else:
        refuse_network_folder(tmp_path / "data", mounts)
