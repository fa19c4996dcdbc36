"""Headless Chromium, spoken to as its developer tools do: through two pipes, without a port.

::

    Browser ── {"id": 1, "method": "Page.navigate", ...}\\0 ──> fd 3 │ chromium --remote-debugging-pipe
            <─ {"id": 1, "result": ...}\\0 ──────────────────── fd 4 │

The commands are those of the Chrome DevTools Protocol. Nothing waits for a time: the page says when it has painted.
"""

import base64
import io
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

PICTURES = Path(__file__).parents[2] / "build" / "screenshots"
"""What is to be looked at."""

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "headless_shell")
_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars --no-first-run "
    "--window-size=1280,1500 --remote-debugging-pipe"
)
_PATIENCE = 240
"""Seconds for one answer; far more than it takes."""
_WATCH = """
window.faults = [];
addEventListener("error", (event) => faults.push(String(event.message)));
addEventListener("securitypolicyviolation", (event) => faults.push("policy: " + event.blockedURI));
"""
_PAINTED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
_LOADED = (
    "new Promise((done) => document.readyState === 'complete' ? done(1) : addEventListener('load', () => done(1)))"
)


def chromium() -> str:
    """The program; skips where there is none."""
    given = os.environ.get("PROTEUSDB_CHROMIUM")
    found = given or next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip(f"no Chromium: none of {', '.join(_NAMES)} is on the PATH, and PROTEUSDB_CHROMIUM names none")
    return found


class Browser:
    """A Chromium of its own, with one tab."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        their_in, our_out = os.pipe()
        our_in, their_out = os.pipe()
        flags = [*_FLAGS.split(), f"--user-data-dir={folder / 'profile'}", "about:blank"]
        script = f'exec "$0" "$@" 3<&{their_in} 4>&{their_out}'
        with (folder / "chromium.log").open("wb") as log:
            self._process = subprocess.Popen(
                ["bash", "-c", script, chromium(), *flags],
                pass_fds=(their_in, their_out),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        os.close(their_in)
        os.close(their_out)
        self._in, self._out, self._rest, self._number = our_in, our_out, b"", 0
        self._session = ""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")
        self.call("Page.addScriptToEvaluateOnNewDocument", source=_WATCH)

    def close(self) -> None:
        """Ends it."""
        os.close(self._out)
        os.close(self._in)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command and its answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while (told := self._next()).get("id") != self._number:
            pass
        assert "error" not in told, told
        return dict(told["result"])

    def show(self, page: str) -> None:
        """Opens a page from a file and waits until it is painted."""
        file = self._folder / f"page{self._number}.html"
        file.write_text(page, encoding="utf-8")
        self.call("Page.navigate", url=file.as_uri())
        self.run(_LOADED)
        self.painted()

    def painted(self) -> None:
        """Waits until what was asked for is on the screen."""
        self.run(_PAINTED)

    def run(self, script: str) -> Any:
        """The value of an expression in the page; of a promise, what it comes to."""
        told = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def point(self, name: str, x: float, y: float, kind: str = "mouseMoved", **more: Any) -> None:
        """The mouse on an element, at a place within it on 0-1."""
        box = self.run(
            f"(({{x, y, width, height}}) => [x, y, width, height])({_element(name)}.getBoundingClientRect())"
        )
        at = {"x": box[0] + x * box[2], "y": box[1] + y * box[3]}
        self.call("Input.dispatchMouseEvent", type=kind, **at, **more)
        self.painted()

    def picture(self, name: str) -> NDArray[np.uint8]:
        """What is painted on a canvas: (height, width, 4)."""
        from matplotlib.image import imread

        data = self.run(f"{_element(name)}.toDataURL('image/png')")
        pixels = imread(io.BytesIO(base64.b64decode(data.partition(",")[2])), format="png")
        return (np.asarray(pixels) * 255).round().astype(np.uint8)

    def keep(self, name: str) -> bytes:
        """The whole page as a picture, kept for people to look at."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        data = base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"])
        (PICTURES / f"{name}.png").write_bytes(data)
        return data

    def _next(self) -> dict[str, Any]:
        deadline = time.monotonic() + _PATIENCE
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], max(0.0, deadline - time.monotonic()))
            data = os.read(self._in, 1 << 20) if ready else b""
            assert data, (self._folder / "chromium.log").read_text(errors="replace")[-2000:]
            self._rest += data
        message, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(message))


def share_near(picture: NDArray[np.uint8], colour: str, reach: int = 40) -> float:
    """The share of pixels that were painted with about this colour."""
    wanted = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])
    near = np.abs(picture[..., :3].astype(int) - wanted).max(axis=-1) <= reach
    return float((near & (picture[..., 3] > 128)).mean())


def _element(name: str) -> str:
    return f"document.getElementById({json.dumps(name)})"
