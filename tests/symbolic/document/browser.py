"""A headless Chromium, driven over the WebDriver protocol with nothing but the standard library."""

import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

FLAGS = (
    "headless no-sandbox disable-gpu disable-quic no-first-run disable-background-networking",
    "disable-component-update disable-sync disable-dev-shm-usage",
)
TAB, ENTER = "\ue004", "\ue007"


def missing():
    """Return what is not installed; empty if all is there."""
    absent = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"no {' and no '.join(absent)}: apt-get install chromium chromium-driver" if absent else ""


class Browser:
    """One window, whose size and colours can be changed."""

    def __init__(self, profile):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._address = f"http://127.0.0.1:{port}"
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._driver = subprocess.Popen(["chromedriver", f"--port={port}"], start_new_session=True, **quiet)
        options = {
            "binary": shutil.which("chromium"),
            "args": [*(f"--{flag}" for flag in " ".join(FLAGS).split()), f"--user-data-dir={profile}"],
        }
        wanted = {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"performance": "ALL"},
            "timeouts": {"pageLoad": 60_000, "script": 60_000},
        }
        try:
            self._wait()
            made = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
            self._address += f"/session/{made['sessionId']}"
        except BaseException:
            os.killpg(self._driver.pid, signal.SIGKILL)
            raise

    def __enter__(self):
        return self

    def __exit__(self, *error):
        try:
            self._ask("DELETE", "")
        finally:
            os.killpg(self._driver.pid, signal.SIGTERM)  # Chromium too, if it hangs
            self._driver.wait(20)

    def _wait(self):
        for _ in range(200):
            try:
                if self._ask("GET", "/status")["ready"]:
                    return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        raise TimeoutError("chromedriver does not answer")

    def _ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self._address + path, data, {"Content-Type": "application/json"}, method=method
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=120) as answer:
            return json.load(answer)["value"]

    def _set(self, command, **params):
        self._ask("POST", "/goog/cdp/execute", {"cmd": f"Emulation.{command}", "params": params})

    def open(self, path, width=1200, height=800, dark=False):
        """Show a file on a screen of this size."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._set("setEmulatedMedia", features=[scheme])
        self._set("setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.requests()
        self._ask("POST", "/url", {"url": path.as_uri()})

    def run(self, script, *arguments):
        """Return what a script in the page returns."""
        return self._ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def press(self, key):
        """Press a key and let it go."""
        actions = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self._ask("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def requests(self):
        """Return the addresses that the page asked for."""
        entries = [json.loads(e["message"])["message"] for e in self._ask("POST", "/se/log", {"type": "performance"})]
        return [e["params"]["request"]["url"] for e in entries if e["method"] == "Network.requestWillBeSent"]

    def screenshot(self):
        """Return what is to be seen, as PNG."""
        return base64.b64decode(self._ask("GET", "/screenshot"))
