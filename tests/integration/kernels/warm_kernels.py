"""One kernel, started through Jupyter's kernel manager as any program would, and a way to run code in it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import KernelManager

from allrise.kernels.process import WarmProcess
from allrise.kernels.provisioner import WarmProvisioner
from allrise.kernels.settings import WarmSettings

ARGV = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--HistoryManager.enabled=False"]


class ThisInterpreter(KernelSpecManager):
    argv = ARGV

    def get_kernel_spec(self, kernel_name):
        return KernelSpec(argv=self.argv, display_name=kernel_name, language="python", interrupt_mode="signal")


class Failed(Exception):
    """The code that was run raised."""


class Warm:
    def __init__(self, cwd, *, plain=False, env=None, argv=ARGV, launch=None, wait=True, **settings):
        self.cwd, self.env, self.wait = cwd, env, wait
        self.launch = launch or {}
        specs = ThisInterpreter()
        specs.argv = argv
        self.manager = KernelManager(kernel_name="x", kernel_spec_manager=specs, autorestart=False)
        if not plain:
            self.manager.provisioner = WarmProvisioner.of(self.manager, WarmSettings(**settings))
        self.client = None

    def start(self):
        given = {"cwd": str(self.cwd), "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **self.launch}
        if self.env is not None:
            given["env"] = {**os.environ, **self.env}
        self.manager.start_kernel(**given)
        self.pid = self.manager.provisioner.pid
        if self.wait:
            self.connect()
        return self

    def connect(self):
        if self.client is None:
            self.client = self.manager.client()
            self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    @property
    def process(self):
        return self.manager.provisioner.process

    @property
    def is_warm(self):
        return isinstance(self.process, WarmProcess)

    def run(self, code, timeout=30):
        """Run code and return what it printed."""
        said = []

        def hear(message):
            content = message["content"]
            if message["msg_type"] == "stream" and content["name"] == "stdout":
                said.append(content["text"])

        reply = self.client.execute_interactive(code, timeout=timeout, output_hook=hear, store_history=False)
        if reply["content"]["status"] != "ok":
            raise Failed(reply["content"].get("ename", "aborted"))
        return "".join(said).strip()

    def send(self, code):
        return self.client.execute(code, store_history=False)

    def exit_code(self, timeout=15):
        until = time.monotonic() + timeout
        while (code := self.process.poll()) is None:
            assert time.monotonic() < until, "the kernel did not end"
            time.sleep(0.01)
        return code

    def end(self):
        if self.client is not None:
            self.client.stop_channels()
            self.client = None
        with suppress(Exception):
            self.manager.shutdown_kernel(now=True)
        if self.manager.provisioner is None or not self.manager.provisioner.has_process:
            self.manager.cleanup_resources()
