"""How Jupyter comes to start kernels as forks.

A kernel provisioner is Jupyter's own extension point: papermill, nbval and
JupyterLab use it unchanged. Ours asks the fork server for a copy of itself. Where
copying a process is unsafe it starts ordinary kernels.
"""

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

from analysis.run.forkserver import ONE_THREAD

PROVISIONER = "analysis-fork"
"""The name of the entry point in ``pyproject.toml``."""

COMMAND = [sys.executable, "-P", "-m", "analysis.run.forkserver"]

_choosing_ports = threading.Lock()


def can_fork() -> bool:
    """Say whether kernels are forked here.

    Returns
    -------
    bool
        True on Linux, unless the environment says ``ANALYSIS_FORK=0``. Windows has
        no fork, and macOS has system libraries that do not survive one.
    """
    return sys.platform == "linux" and os.environ.get("ANALYSIS_FORK", "1") != "0"


def prefer_forks() -> None:
    """Let our provisioner start the kernels of this process, and warm it up."""
    KernelProvisionerFactory.instance().default_provisioner_name = PROVISIONER
    if can_fork():
        server.start()


class ForkServer:
    """The runner's end of the fork server; starts it when it is first needed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the server unless it runs; it loads while others work."""
        with self._lock:
            self._running()

    def fork(
        self, arguments: list[str], environment: dict[str, str], folder: str | None
    ) -> "ForkedKernel":
        """Start a kernel.

        Parameters
        ----------
        arguments : list of str
            What would follow ``python -m ipykernel_launcher``.
        environment : dict of str to str
            The environment variables of the kernel, all of them.
        folder : str or None
            The working directory; None keeps that of the server.

        Raises
        ------
        OSError
            If the server does not answer.
        """
        request = {
            "arguments": arguments,
            "environment": environment,
            "folder": folder,
        }
        with self._lock:
            process = self._running()
            print(json.dumps(request), file=process.stdin, flush=True)
            reply = process.stdout.readline() if process.stdout else ""
        if not reply:
            raise ConnectionError("the fork server ended; see the message above")
        return ForkedKernel(int(reply))

    def stop(self) -> None:
        """End the server, and its kernels with it."""
        with self._lock:
            self._end()

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(
                COMMAND, stdin=pipe, stdout=pipe, text=True
            )
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            self._process.communicate()  # closes its input, at which it ends
            self._process = None


server = ForkServer()
atexit.register(server.stop)


class ForkedKernel:
    """A forked process behind the part of `subprocess.Popen` that Jupyter uses.

    Parameters
    ----------
    pid : int
        The process id. The handle taken on it stays right when ids are used again.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle = os.pidfd_open(pid)

    def __del__(self) -> None:
        if hasattr(self, "_handle"):
            os.close(self._handle)

    def poll(self) -> int | None:
        """Return None while the kernel lives, then 0: its own code is not known."""
        ended, _, _ = select.select([self._handle], [], [], 0)
        return 0 if ended else None

    def wait(self) -> int:
        """Wait for the end."""
        select.select([self._handle], [], [])
        return 0

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel; an ended one is left in peace."""
        if self.poll() is None:
            signal.pidfd_send_signal(self._handle, number)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the kernel."""
        self.send_signal(signal.SIGKILL)


class ForkProvisioner(LocalProvisioner):
    """Starts the kernels of this Python as forks, and any other kernel as usual."""

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose the ports, one kernel at a time, and keep to one processor."""
        with _choosing_ports:
            prepared = await super().pre_launch(**kwargs)
        prepared["env"] = ONE_THREAD | prepared["env"]
        prepared["cmd"] = [*prepared["cmd"], "--log-level=ERROR"]
        return prepared

    async def launch_kernel(
        self, cmd: list[str], **kwargs: Any
    ) -> KernelConnectionInfo:
        """Fork a kernel; where that cannot be done, start it in the usual way."""
        if not can_fork() or cmd[:3] != [sys.executable, "-m", "ipykernel_launcher"]:
            return await super().launch_kernel(cmd, **kwargs)
        folder = str(kwargs.get("cwd") or Path.cwd())
        try:
            kernel = server.fork(cmd[3:], kwargs["env"], folder)
        except OSError as error:
            self.log.warning("No kernel could be forked: %s. Starting one.", error)
            return await super().launch_kernel(cmd, **kwargs)
        self.process = kernel  # type: ignore[assignment]
        self.pid = self.pgid = kernel.pid  # the kernel leads its own group
        self.cwd = folder
        return self.connection_info
