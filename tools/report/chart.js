"use strict";
/* Drawing: elements, axes, lines. Nothing here knows what is drawn. */

const SVG = "http://www.w3.org/2000/svg";

/* element("p", {class: "hint"}, "text", child, ...); names of SVG begin with "svg:" */
function element(name, attributes, ...children) {
  const node = name.startsWith("svg:") ? document.createElementNS(SVG, name.slice(4)) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {}))
    if (value !== undefined && value !== null) node.setAttribute(key, value);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function colour(i) {
  return `var(--c${i % 8})`;
}

/* Four digits, as people write them. */
function digits(x, n = 4) {
  if (x === null || x === undefined || !Number.isFinite(x)) return "–";
  if (x !== 0 && (Math.abs(x) >= 1e6 || Math.abs(x) < 1e-3)) return x.toExponential(Math.max(n - 2, 0));
  return String(Number(x.toPrecision(n)));
}

/* A value in the unit that is fit to read: [2.5e9, "pJ"] is "2.5 mJ". */
const UNITS = {
  fraction: [[0, 100, "%"]],
  pJ: [[1e9, 1e-9, "mJ"], [1e6, 1e-6, "µJ"], [1e3, 1e-3, "nJ"], [0, 1, "pJ"]],
  ns: [[1e9, 1e-9, "s"], [1e6, 1e-6, "ms"], [1e3, 1e-3, "µs"], [0, 1, "ns"]],
  mm2: [[0, 1, "mm²"]],
  "pJ ns mm2": [[1e12, 1e-15, "mJ ms mm²"], [0, 1, "pJ ns mm²"]],
};

function unitOf(unit, largest) {
  const rows = UNITS[unit] || [[0, 1, unit || ""]];
  const [, scale, name] = rows.find(([from]) => largest >= from) || rows[rows.length - 1];
  return { scale, name };
}

function shown(value, unit) {
  const { scale, name } = unitOf(unit, Math.abs(value));
  return value === null || value === undefined ? "–" : `${digits(value * scale)}${name ? " " + name : ""}`;
}

/* An axis over values, logarithmic where they span a decade. at(value): 0 to 1. */
function axis(values, { isWhole = false, fromZero = false } = {}) {
  let low = Infinity, high = -Infinity;
  for (const x of values) {
    if (!Number.isFinite(x)) continue;
    low = Math.min(low, x);
    high = Math.max(high, x);
  }
  if (low > high) [low, high] = [0, 1];
  if (fromZero) low = Math.min(0, low);
  const isLog = !isWhole && !fromZero && low > 0 && high >= 10 * low;
  if (isLog) {
    const pad = Math.pow(high / low, 0.06);
    [low, high] = [low / pad, high * pad];
  } else {
    const pad = high > low ? 0.06 * (high - low) : Math.abs(low) / 20 || 1;
    [low, high] = [fromZero ? low : low - pad, high + pad];
  }
  return {
    low, high, isLog,
    at: (x) => (isLog ? Math.log(x / low) / Math.log(high / low) : (x - low) / (high - low)),
    tics: (n) => (isLog ? logTics(low, high, n) : linearTics(low, high, n, isWhole)),
  };
}

function linearTics(low, high, n, isWhole) {
  const rough = (high - low) / Math.max(n, 1), power = Math.pow(10, Math.floor(Math.log10(rough)));
  let step = power * [1, 2, 5, 10].find((s) => s * power >= rough * 0.999);
  if (isWhole) step = Math.max(1, Math.round(step));
  const tics = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high * (1 + 1e-12); k++) tics.push(Number((k * step).toPrecision(12)));
  return tics;
}

function logTics(low, high, n) {
  for (const leading of [[1, 2, 3, 5, 7], [1, 2, 5], [1]]) {
    const tics = [];
    for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++)
      for (const digit of leading) {
        const x = Number(`${digit}e${e}`);
        if (x >= low && x <= high) tics.push(x);
      }
    if (tics.length <= n + 1 || leading.length === 1) return tics;
  }
  return [];
}

/* A panel with axes in a box as wide as `parent`; x and y: {axis, title}. Returns its svg, and where a point is. */
function panel(parent, height, x, y, label) {
  const width = Math.max(parent.clientWidth, 220), left = 52, right = 12, top = 10, bottom = 40;
  const svg = element("svg:svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": label });
  const w = width - left - right, h = height - top - bottom;
  const px = (value) => left + w * x.axis.at(value), py = (value) => top + h * (1 - y.axis.at(value));
  for (const value of x.axis.tics(Math.max(2, Math.floor(w / 52)))) {
    svg.append(element("svg:line", { class: "grid", x1: px(value), x2: px(value), y1: top, y2: top + h }),
      element("svg:text", { x: px(value), y: top + h + 16, "text-anchor": "middle" }, digits(value)));
  }
  for (const value of y.axis.tics(Math.max(2, Math.floor(h / 34)))) {
    svg.append(element("svg:line", { class: "grid", x1: left, x2: left + w, y1: py(value), y2: py(value) }),
      element("svg:text", { x: left - 6, y: py(value) + 4, "text-anchor": "end" }, digits(value)));
  }
  svg.append(element("svg:rect", { class: "frame", x: left, y: top, width: w, height: h }),
    element("svg:text", { x: left + w / 2, y: height - 5, "text-anchor": "middle", class: "faint" }, x.title),
    element("svg:text", { transform: `translate(12 ${top + h / 2}) rotate(-90)`, "text-anchor": "middle", class: "faint" }, y.title));
  parent.append(svg);
  return { svg, px, py, left, top, width: w, height: h };
}

/* Lines through points [[x, y], ...], each with {name, points, colour, dash}; steps with isStep. */
function lines(box, series, isStep) {
  for (const { points, colour: stroke, dash } of series) {
    let d = "", before = null;
    for (const [x, y] of points) {
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      d += before === null ? `M${box.px(x).toFixed(1)} ${box.py(y).toFixed(1)}`
        : (isStep ? `H${box.px(x).toFixed(1)}` : "") + `L${box.px(x).toFixed(1)} ${box.py(y).toFixed(1)}`;
      before = y;
    }
    box.svg.append(element("svg:path", { class: "line", d, stroke, "stroke-dasharray": dash }));
    if (points.length === 1)
      box.svg.append(element("svg:circle", { cx: box.px(points[0][0]), cy: box.py(points[0][1]), r: 3, fill: stroke }));
  }
}

function legend(series) {
  return element("p", { class: "legend" }, ...series.map(({ name, colour: fill, dash }) => {
    const sample = element("svg:svg", { width: 24, height: 8, style: "display:inline-block;margin-right:.3em" },
      element("svg:path", { class: "line", d: "M0 4H24", stroke: fill, "stroke-dasharray": dash }));
    return element("span", { class: "entry" }, sample, name);
  }));
}

/* Draws again whenever the page's width changes. */
const drawings = [];
function drawn(draw) {
  drawings.push(draw);
  draw();
}
let widthDrawn = 0;
function watchWidth() {
  widthDrawn = document.documentElement.clientWidth;
  window.addEventListener("resize", () => {
    if (document.documentElement.clientWidth === widthDrawn) return;
    widthDrawn = document.documentElement.clientWidth;
    drawings.forEach((draw) => draw());
  });
}

const tip = {
  show(text, x, y) {
    const node = document.getElementById("tip");
    node.textContent = text;
    node.hidden = false;
    const { width, height } = node.getBoundingClientRect(), room = document.documentElement;
    node.style.left = `${Math.max(4, Math.min(x + 14, room.clientWidth - width - 4))}px`;
    node.style.top = `${y + 18 + height > room.clientHeight ? Math.max(4, y - height - 10) : y + 18}px`;
  },
  hide() {
    document.getElementById("tip").hidden = true;
  },
};
