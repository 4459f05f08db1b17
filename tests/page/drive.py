#!/usr/bin/env python3
"""Opens pages of nax-plot report in a headless Chromium, over plain WebDriver, and looks at them as a reader would.

usage: drive.py FOLDER-FOR-PICTURES PAGE.html DESIGNS FRONT [PAGE DESIGNS FRONT ...]: so many designs, so many on the front.
Prints a line a check, and "N passed, N failed".
"""
import base64
import json
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request

WIDTHS = (1280, 400)
SCHEMES = ("light", "dark")
SMALLEST_LETTERS = 8.5  # px
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # WebDriver's name of a reference


class Browser:
    """A session with chromedriver, whose process it owns."""

    def __init__(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.process = subprocess.Popen(["chromedriver", f"--port={self.port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.path = ""
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        for attempt in range(100):
            try:
                self.call("GET", "/status")
                break
            except OSError:
                if attempt == 99:
                    raise
                time.sleep(0.1)
        session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.path = f"/session/{session['sessionId']}"

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{self.path}{path}", data, method=method,
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def cdp(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def click(self, selector):
        found = self.call("POST", "/element", {"using": "css selector", "value": selector})
        self.call("POST", f"/element/{found[ELEMENT]}/click", {})

    def press(self, *keys):
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def errors(self):
        return [entry["message"] for entry in self.call("POST", "/se/log", {"type": "browser"})
                if entry["level"] in ("SEVERE", "WARNING")]

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.process.terminate()
            self.process.wait()


TAB, RIGHT, ENTER = "\ue004", "\ue014", "\ue007"

LOOK = """
const texts = [...document.querySelectorAll("svg text")];
const all = [...document.querySelectorAll("body *")];
const edge = document.documentElement.clientWidth;
const isScrolled = (node) => node.closest(".scroll") !== null && !node.classList.contains("scroll");
const beyond = texts.filter((t) => {
  const box = t.getBoundingClientRect(), own = t.ownerSVGElement.getBoundingClientRect();
  return box.width > 0 && (box.left < own.left - 1 || box.right > own.right + 1 || box.bottom > own.bottom + 1 || box.top < own.top - 1);
}).map((t) => t.textContent);
const [ink, paper] = ["color", "background-color"].map((key) => getComputedStyle(document.body).getPropertyValue(key).match(/\\d+/g).slice(0, 3)
  .map(Number).map((c) => { c /= 255; return c <= 0.04045 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4); }))
  .map(([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b);
return {
  points: document.querySelectorAll("#front .point").length,
  chosen: document.getElementById("design-name").textContent,
  marked: document.querySelectorAll("#front .point.chosen").length,
  rows: document.querySelectorAll("#front-table tbody tr").length,
  layers: document.querySelectorAll("#layers tbody tr").length,
  volumes: document.querySelectorAll("#volumes path.line").length,
  letters: Math.min(...texts.map((t) => parseFloat(getComputedStyle(t).fontSize))),
  beyond,
  overflow: document.documentElement.scrollWidth - edge,
  wide: all.filter((n) => !isScrolled(n) && n.getBoundingClientRect().right > edge + 1).map((n) => n.tagName + "#" + n.id).slice(0, 5),
  contrast: (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05),
  isDark: paper < ink,
  height: document.documentElement.scrollHeight,
};
"""


def look_at(browser, check, pictures, page, n_designs, n_front, width, scheme):
    where = f"{page.stem} {width} {scheme}"
    browser.cdp("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    browser.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.errors()  # those of the page before
    browser.call("POST", "/url", {"url": page.resolve().as_uri()})
    seen = browser.run(LOOK)
    check(where, "all designs are drawn", seen["points"], n_designs)
    check(where, "the front is listed", seen["rows"], n_front)
    check(where, "letters are legible", (seen["letters"] or 0) >= SMALLEST_LETTERS, True)
    check(where, "text stays in its picture", seen["beyond"], [])
    check(where, "nothing is wider than the page", (seen["overflow"], seen["wide"]), (0, []))
    check(where, "the scheme is the reader's", seen["isDark"], scheme == "dark")
    check(where, "text stands out", seen["contrast"] >= 7, True)
    check(where, "hypervolumes are drawn", seen["volumes"] > 0, True)

    other = browser.run("""
      const node = [...document.querySelectorAll("#front .point:not(.chosen)")].pop();
      node.querySelector(".target").setAttribute("id", "to-click");
      return node.getAttribute("aria-label").split(" (")[0];""")
    browser.click("#to-click")
    seen = browser.run(LOOK)
    check(where, "a click chooses a design", (seen["chosen"], seen["marked"] > 0), (other, True))
    check(where, "its layers are listed", seen["layers"] > 0, True)

    browser.run("""document.querySelector("#methods button:last-of-type").focus()""")
    browser.press(TAB, RIGHT)
    focused = browser.run("""return (document.activeElement.getAttribute("aria-label") || "").split(" (")[0]""")
    tip = browser.run("""return document.getElementById("tip").hidden ? "" : document.getElementById("tip").textContent.split(" (")[0]""")
    browser.press(ENTER)
    check(where, "the keyboard reaches a design and chooses it", (focused != "", tip, browser.run(LOOK)["chosen"]), (True, focused, focused))

    browser.click("#methods button")
    hidden = browser.run(LOOK)["points"]
    browser.click("#methods button")
    check(where, "a method is hidden and shown", (hidden < n_designs, browser.run(LOOK)["points"]), (True, n_designs))
    check(where, "no error on the console", browser.errors(), [])
    # last: the browser lays the page out anew for it
    picture = browser.cdp("Page.captureScreenshot", captureBeyondViewport=True,
                          clip={"x": 0, "y": 0, "width": width, "height": min(browser.run(LOOK)["height"], 6000), "scale": 1})
    (pictures / f"{page.stem}-{width}-{scheme}.png").write_bytes(base64.b64decode(picture["data"]))


def main():
    counts = [0, 0]

    def check(where, what, got, wanted):
        is_good = got == wanted
        counts[not is_good] += 1
        print(f"{'ok' if is_good else 'not ok'} - page: {where}: {what}")
        if not is_good:
            print(f"# {got!r} instead of {wanted!r}")

    pictures = pathlib.Path(sys.argv[1])
    browser = Browser()
    try:
        for page, n_designs, n_front in zip(sys.argv[2::3], sys.argv[3::3], sys.argv[4::3]):
            # the first page in every way, the others in each once
            ways = [(w, s) for w in WIDTHS for s in SCHEMES] if page == sys.argv[2] else zip(WIDTHS, SCHEMES)
            for width, scheme in ways:
                look_at(browser, check, pictures, pathlib.Path(page), int(n_designs), int(n_front), width, scheme)
    finally:
        browser.close()
    print(f"{counts[0]} passed, {counts[1]} failed")
    return counts[1] > 0


sys.exit(main())
