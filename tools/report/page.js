/* The report: what is in the page's data, drawn, and the design that is chosen. */

const data = JSON.parse(document.getElementById("data").textContent);
const [objectiveY, objectiveX] = data.objectives;
const shownMethods = new Set(data.methods.map((_, i) => i));
let chosen = null;

const byId = (id) => document.getElementById(id);
const xOf = (design) => design.v[1];
const yOf = (design) => design.v[0];
/* as smaller is better */
const costs = (design) => data.objectives.map((o, j) => (o.max ? -design.v[j] : design.v[j]));

/* Designs that no other one beats, rising by the horizontal objective's cost. */
function frontOf(designs) {
  const sorted = [...designs].sort((a, b) => costs(a)[1] - costs(b)[1] || costs(a)[0] - costs(b)[0]);
  let best = Infinity;
  return sorted.filter((design) => {
    const isBetter = costs(design)[0] < best;
    best = Math.min(best, costs(design)[0]);
    return isBetter;
  });
}

function visible() {
  return data.designs.filter((design) => shownMethods.has(design.m));
}

function valueText(j, design) {
  const { field, unit } = data.objectives[j], { scale, name } = unitOf(unit, Math.abs(design.v[j]));
  const error = design.se[j] > 0 ? ` ± ${digits(design.se[j] * scale, 2)}` : "";
  return { field, text: `${digits(design.v[j] * scale)}${error} ${name}`.trim() };
}

/* A field in words: its unit stands beside its values. */
function title(field) {
  return field.replaceAll("_", " ").replace(/ (pj ns mm2|pj|ns|mm2)$/, "").replace(/^edap$/, "energy · delay · area");
}

function describe(design) {
  const parts = data.objectives.map((_, j) => {
    const { field, text } = valueText(j, design);
    return `${title(field)} ${text}`;
  });
  return `${design.n} (${data.methods[design.m].name})\nkernels ${design.k.join(" ")}\ncrossbars ${design.c.join(" ")}\n${parts.join("\n")}`;
}

/* --- the front --- */

function mark(design, x, y) {
  const m = design.m, fill = colour(m), r = 4.5;
  if (design.b) return element("svg:rect", { class: "baseline", x: x - 5.5, y: y - 5.5, width: 11, height: 11 });
  const shapes = [
    () => element("svg:circle", { cx: x, cy: y, r }),
    () => element("svg:path", { d: `M${x} ${y - r - 1}L${x + r + 1} ${y + r}H${x - r - 1}Z` }),
    () => element("svg:rect", { x: x - r, y: y - r, width: 2 * r, height: 2 * r }),
    () => element("svg:path", { d: `M${x} ${y - r - 1.5}L${x + r + 1.5} ${y}L${x} ${y + r + 1.5}L${x - r - 1.5} ${y}Z` }),
  ];
  const shape = shapes[m % shapes.length]();
  shape.setAttribute("class", "mark");
  shape.setAttribute("fill", fill);
  return shape;
}

function drawErrors(box, design) {
  const ends = (j, at) => {
    const low = design.v[j] - design.se[j], isLog = (j ? box.axes.x : box.axes.y).isLog;
    return [at(isLog && low <= 0 ? design.v[j] : low), at(design.v[j] + design.se[j])];
  };
  const x = box.px(xOf(design)), y = box.py(yOf(design));
  if (design.se[0] > 0) {
    const [y1, y2] = ends(0, box.py);
    box.svg.append(element("svg:line", { class: "error", x1: x, x2: x, y1, y2 }));
  }
  if (design.se[1] > 0) {
    const [x1, x2] = ends(1, box.px);
    box.svg.append(element("svg:line", { class: "error", x1, x2, y1: y, y2: y }));
  }
}

function axisOf(designs, j) {
  const { field, unit } = data.objectives[j];
  const largest = Math.max(...designs.map((d) => Math.abs(d.v[j])), 0), { scale, name } = unitOf(unit, largest);
  const values = designs.flatMap((d) => (d.se[j] > 0 && d.v[j] > d.se[j] ? [d.v[j] - d.se[j], d.v[j] + d.se[j]] : [d.v[j]]));
  const own = axis(values.map((v) => v * scale));
  return { axis: { ...own, at: (v) => own.at(v * scale), tics: own.tics }, scale, isLog: own.isLog,
    title: title(field) + (name ? ` (${name})` : "") };
}

function panelOf(parent, height, x, y, label) {
  /* tics are in the shown unit, points in the field's */
  const scaled = (a) => ({ title: a.title, axis: { at: (shownValue) => a.axis.at(shownValue / a.scale), tics: a.axis.tics } });
  const box = panel(parent, height, scaled(x), scaled(y), label);
  return { ...box, px: (v) => box.left + box.width * x.axis.at(v), py: (v) => box.top + box.height * (1 - y.axis.at(v)), axes: { x, y } };
}

function drawFront() {
  const parent = byId("front"), designs = visible();
  const hadFocus = parent.contains(document.activeElement);
  parent.replaceChildren();
  if (!designs.length) {
    parent.append(element("p", {}, data.designs.length ? "All methods are hidden." : "No design has both objectives yet."));
    return;
  }
  const box = panelOf(parent, Math.min(460, Math.max(300, parent.clientWidth * 0.55)), axisOf(designs, 1), axisOf(designs, 0), "designs by two objectives");
  const front = frontOf(designs);
  let d = "";
  front.forEach((design, i) => {
    const x = box.px(xOf(design)).toFixed(1), y = box.py(yOf(design)).toFixed(1);
    d += i ? `H${x}V${y}` : `M${x} ${y}`;
  });
  box.svg.append(element("svg:path", { class: "front", d }));
  designs.forEach((design) => drawErrors(box, design));
  const order = [...designs].sort((a, b) => Boolean(a.b) - Boolean(b.b));
  const nodes = new Map();
  for (const design of order) {
    const x = box.px(xOf(design)), y = box.py(yOf(design));
    const group = element("svg:g", { class: "point", role: "button", tabindex: "-1", "data-id": design.id, "aria-label": describe(design) },
      element("svg:circle", { class: "ring", cx: x, cy: y, r: 9 }), mark(design, x, y),
      element("svg:circle", { class: "target", cx: x, cy: y, r: designs.length > 300 ? 6 : 11 }));
    if (design.b) group.append(element("svg:text", { x: x + 9, y: y - 7 }, String(design.c.find((c) => c > 0) || "")));
    group.addEventListener("pointerenter", () => tip.show(describe(design), ...centre(group)));
    group.addEventListener("pointerleave", tip.hide);
    group.addEventListener("click", () => choose(design));
    group.addEventListener("focus", () => tip.show(describe(design), ...centre(group)));
    group.addEventListener("blur", tip.hide);
    group.addEventListener("keydown", (event) => moveFocus(event, design, designs, nodes));
    nodes.set(design, group);
    box.svg.append(group);
  }
  markChosen();
  const entry = nodes.get(chosen) || nodes.get(front[0]);
  entry.setAttribute("tabindex", "0");
  if (hadFocus) entry.focus();
}

function centre(node) {
  const { left, top, width, height } = node.querySelector(".target").getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}

/* Arrows go along the horizontal axis, Enter and the space bar choose. */
function moveFocus(event, design, designs, nodes) {
  const along = [...designs].sort((a, b) => xOf(a) - xOf(b) || yOf(a) - yOf(b)), at = along.indexOf(design);
  const to = { ArrowRight: at + 1, ArrowUp: at + 1, ArrowLeft: at - 1, ArrowDown: at - 1, Home: 0, End: along.length - 1 }[event.key];
  if (event.key === "Enter" || event.key === " ") choose(design);
  else if (to === undefined || !along[to]) return;
  else {
    nodes.get(design).setAttribute("tabindex", "-1");
    nodes.get(along[to]).setAttribute("tabindex", "0");
    nodes.get(along[to]).focus();
  }
  event.preventDefault();
}

function markChosen() {
  document.querySelectorAll("#front .point").forEach((node) => {
    const isChosen = chosen !== null && node.getAttribute("data-id") === chosen.id;
    node.classList.toggle("chosen", isChosen);
    node.setAttribute("aria-pressed", String(isChosen));
  });
}

function fillMethods() {
  data.methods.forEach((method, i) => {
    const n = data.designs.filter((design) => design.m === i).length;
    const button = element("button", { type: "button", "aria-pressed": "true" },
      element("span", { class: "swatch", style: `background:${colour(i)}` }), `${method.name} (${n})`);
    button.addEventListener("click", () => {
      if (!shownMethods.delete(i)) shownMethods.add(i);
      button.setAttribute("aria-pressed", String(shownMethods.has(i)));
      drawFront();
    });
    byId("methods").append(button);
  });
  if (data.designs.some((design) => design.b))
    byId("methods").append(element("span", { class: "hint" }, "squares: baselines, one kernel on crossbars of one size"));
}

function row(cells, name = "td") {
  return element("tr", {}, ...cells.map((cell) => (cell instanceof Element ? cell : element(name, name === "th" ? { scope: "col" } : {}, cell))));
}

function fillFrontTable() {
  const table = byId("front-table");
  table.append(element("thead", {}, row(["design", "method", ...data.objectives.map((o) => title(o.field)), "energy", "latency", "area"], "th")));
  const body = element("tbody", {});
  for (const design of frontOf(data.designs)) {
    const button = element("button", { type: "button" }, design.n);
    button.addEventListener("click", () => choose(design));
    body.append(row([element("td", {}, button), data.methods[design.m].name, ...data.objectives.map((_, j) => valueText(j, design).text),
      shown(design.en, "pJ"), shown(design.la, "ns"), shown(design.ar, "mm2")]));
  }
  table.append(body);
}

/* --- the design that is chosen --- */

function choose(design) {
  chosen = design;
  markChosen();
  drawDesign();
}

function drawDesign() {
  byId("kernels").replaceChildren();
  byId("layers").replaceChildren();
  byId("design-numbers").replaceChildren();
  if (!chosen) return;
  const network = data.networks[chosen.net];
  byId("design-name").textContent = chosen.n;
  byId("design-text").textContent = [`${network.name}, by ${data.methods[chosen.m].name}, id ${chosen.id}`,
    chosen.w ? `channels ${chosen.w.join(" ")}` : "", chosen.s !== undefined ? `trained in ${digits(chosen.s, 3)} s` : ""].filter(Boolean).join("; ");
  const numbers = data.objectives.map((_, j) => [title(valueText(j, chosen).field), valueText(j, chosen).text]);
  for (const [field, name, value, unit] of [["energy_pj", "energy", chosen.en, "pJ"], ["latency_ns", "latency", chosen.la, "ns"],
    ["area_mm2", "area", chosen.ar, "mm2"], ["edap_pj_ns_mm2", "energy · delay · area", chosen.ed, "pJ ns mm2"],
    ["accuracy_ideal", "accuracy in floating point", chosen.ai, "fraction"]])
    if (value !== undefined && !data.objectives.some((o) => o.field === field)) numbers.push([name, shown(value, unit)]);
  for (const [name, value] of numbers)
    byId("design-numbers").append(element("div", {}, element("dt", {}, name), element("dd", {}, value)));
  drawKernels(network);
  fillLayers(network);
}

/* Bars as high as kernels, coloured and named by crossbars. */
function drawKernels(network) {
  const parent = byId("kernels"), sizes = [...new Set(data.designs.flatMap((d) => d.c))].filter((c) => c > 0).sort((a, b) => a - b);
  const width = Math.max(parent.clientWidth, 220), height = 170, left = 24, bottom = 52, top = 22;
  const n = chosen.k.length, step = (width - left - 4) / Math.max(n, 1), most = Math.max(...data.designs.flatMap((d) => d.k), 1);
  const svg = element("svg:svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": `kernels ${chosen.k.join(" ")} on crossbars ${chosen.c.join(" ")}` });
  const y = (kernel) => height - bottom - (height - bottom - top) * kernel / most;
  for (let kernel = 1; kernel <= most; kernel += 2)
    svg.append(element("svg:line", { class: "grid", x1: left, x2: width, y1: y(kernel), y2: y(kernel) }),
      element("svg:text", { x: left - 6, y: y(kernel) + 4, "text-anchor": "end" }, String(kernel)));
  chosen.k.forEach((kernel, s) => {
    const x = left + step * s, middle = x + step / 2;
    if (kernel > 0)
      svg.append(element("svg:rect", { x: x + step * 0.1, y: y(kernel), width: step * 0.8, height: y(0) - y(kernel), fill: colour(sizes.indexOf(chosen.c[s])) }));
    const size = step < 20 ? "font-size:9px" : "font-size:11px";
    svg.append(element("svg:text", { x: middle, y: y(kernel) - 4, "text-anchor": "middle", style: size }, kernel ? String(chosen.c[s]) : "×"));
    svg.append(element("svg:text", { transform: `translate(${middle + 4} ${height - bottom + 8}) rotate(-60)`, "text-anchor": "end", class: "faint", style: size },
      network.slots[s] || String(s + 1)));
  });
  parent.append(legendOfSizes(sizes), svg);
}

function legendOfSizes(sizes) {
  return element("p", { class: "legend" }, "kernel (px), on crossbars of ", ...sizes.map((size, i) => element("span", { class: "entry" },
    element("span", { class: "swatch", style: `background:${colour(i)};border-radius:2px` }), String(size))));
}

function bar(permille) {
  return element("td", { class: "bar", style: `--part:${(permille / 10).toFixed(1)}%` }, `${(permille / 10).toFixed(1)} %`);
}

function fillLayers(network) {
  const table = byId("layers");
  if (!chosen.L) {
    const rows = chosen.k.map((kernel, s) => row([network.slots[s] || String(s + 1), kernel ? String(kernel) : "left out", kernel ? String(chosen.c[s]) : "–"]));
    table.append(element("caption", { class: "hint" }, "its costs by layer are not known"), element("thead", {}, row(["layer", "kernel", "crossbar"], "th")), element("tbody", {}, ...rows));
    return;
  }
  const hasLoss = chosen.db !== undefined;
  const body = element("tbody", {});
  network.layers.forEach((layer, l) => {
    const part = chosen.L[l];
    const kernel = layer.slot >= 0 ? chosen.k[layer.slot] : layer.kernel;
    if (!part) {
      body.append(row([layer.name, "left out", "–", "", "", "", ...(hasLoss ? [""] : [])]));
      return;
    }
    body.append(row([layer.name, layer.kind === "pool" ? "–" : String(kernel), layer.slot >= 0 ? String(chosen.c[layer.slot]) : part[3] ? String(part[3]) : "–", bar(part[0]), bar(part[1]), bar(part[2]),
      ...(hasLoss ? [chosen.db[l] === null || chosen.db[l] === undefined ? "" : `${digits(chosen.db[l], 3)} dB`] : [])]));
  });
  const rest = chosen.L[network.layers.length];
  if (rest) body.append(row(["not filled", "", "", bar(rest[0]), bar(rest[1]), bar(rest[2]), ...(hasLoss ? [""] : [])]));
  table.append(element("thead", {}, row(["layer", "kernel", "crossbar", "energy", "latency", "area", ...(hasLoss ? ["signal to error"] : [])], "th")), body);
}

/* --- hypervolume --- */

/* Numbers from 0 to 1 that are the same whenever the page is opened. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

function shuffled(list, random) {
  const out = [...list];
  for (let i = out.length - 1; i > 0; i--) {
    const k = Math.floor(random() * (i + 1));
    [out[i], out[k]] = [out[k], out[i]];
  }
  return out;
}

/* The volume between the front of points [[y, x], ...], smaller being better, and the reference. */
class Volume {
  constructor(reference) {
    this.reference = reference;
    this.front = []; /* rising x, falling y */
    this.value = 0;
  }

  add([y, x]) {
    const [top, right] = this.reference;
    if (x >= right || y >= top || this.front.some((p) => p[0] <= y && p[1] <= x)) return this.value;
    this.front = this.front.filter((p) => p[0] < y || p[1] < x);
    const at = this.front.findIndex((p) => p[1] > x);
    this.front.splice(at < 0 ? this.front.length : at, 0, [y, x]);
    this.value = this.front.reduce((sum, p, i) => sum + (right - p[1]) * ((i ? this.front[i - 1][0] : top) - p[0]), 0);
    return this.value;
  }
}

/* The same as pipelines/report measures from: the worst of each objective, and a little beyond it horizontally. */
function referenceOf(designs) {
  const worst = [0, 1].map((j) => designs.reduce((most, d) => Math.max(most, costs(d)[j]), -Infinity));
  return [worst[0], worst[1] > 0 ? 1.01 * worst[1] : worst[1] * 0.99];
}

/* Mean volume after each design, and the seconds until then, over orders in which the groups may have been trained. */
function volumeCurve(m, reference, whole) {
  const method = data.methods[m], designs = data.designs.filter((d) => d.m === m);
  const groups = [];
  for (let at = 0, g = 0; at < designs.length; g++) {
    const n = method.groups[g] || designs.length - at;
    groups.push(designs.slice(at, at + n));
    at += n;
  }
  const nOrders = !method.unordered ? 1 : designs.length > 300 ? 16 : 64, random = generator(1 + m);
  const volumes = new Array(designs.length).fill(0), seconds = new Array(designs.length).fill(0);
  for (let k = 0; k < nOrders; k++) {
    const volume = new Volume(reference), trained = new Set();
    let spent = method.seconds || 0, i = 0;
    for (const group of groups)
      for (const design of method.unordered ? shuffled(group, random) : group) {
        if (design.wi === undefined || !trained.has(design.wi)) spent += design.s || 0;
        trained.add(design.wi);
        volumes[i] += volume.add(costs(design)) / whole / nOrders;
        seconds[i] += spent / nOrders;
        i++;
      }
  }
  return { volumes, seconds, hasSeconds: designs.some((d) => d.s > 0) };
}

function drawVolumes() {
  const parent = byId("volumes");
  parent.replaceChildren();
  const used = data.methods.map((_, m) => m).filter((m) => data.designs.some((d) => d.m === m));
  if (!used.length) {
    byId("volume-section").hidden = true;
    return;
  }
  const reference = referenceOf(data.designs), all = new Volume(reference);
  data.designs.forEach((d) => all.add(costs(d)));
  if (!(all.value > 0)) {
    byId("volume-text").textContent = "No design is better than the worst values in both objectives.";
    return;
  }
  const curves = used.map((m) => ({ m, ...volumeCurve(m, reference, all.value / 100) }));
  const isUnordered = used.some((m) => data.methods[m].unordered);
  byId("volume-text").textContent = "What a method's designs dominate, in parts of what all of them together do, from the worst values on."
    + (isUnordered ? " Where a file no longer says in which order its designs were trained, the mean over random orders." : "")
    + " Seconds are those of training, supernets and searches by gradients included, looking at evolved designs not; weights that designs share count once.";
  const plotOne = (holder, name, pick) => {
    const series = curves.filter((c) => pick(c)).map((c) => ({ name: data.methods[c.m].name, colour: colour(c.m), points: pick(c) }));
    holder.append(legend(series));
    const points = series.flatMap((s) => s.points);
    const isWhole = name.startsWith("designs");
    const box = panel(holder, 260, { axis: axis([0, ...points.map((p) => p[0])], { isWhole, fromZero: true }), title: name },
      { axis: axis([0, 100], { fromZero: true }), title: "hypervolume (%)" }, `hypervolume by ${name}`);
    lines(box, series, true);
  };
  const plots = [["designs trained", (c) => c.volumes.map((v, i) => [i + 1, v])]];
  if (curves.some((c) => c.hasSeconds))
    plots.push(["seconds spent", (c) => (c.hasSeconds ? c.volumes.map((v, i) => [c.seconds[i], v]) : null)]);
  const holders = plots.map(() => element("div", {}));
  parent.append(...holders); /* all of them, before any is drawn as wide as its place */
  plots.forEach(([name, pick], i) => plotOne(holders[i], name, pick));
}

/* --- curves, policies, provenance --- */

function drawCurves() {
  const parent = byId("curves");
  parent.replaceChildren();
  byId("curves-section").hidden = !data.curves.length;
  const panels = [];
  for (const log of data.curves) {
    const words = [...new Set(Object.keys(log.fields).map((name) => name.split("_")[0]))];
    for (const word of words) {
      const names = Object.keys(log.fields).filter((name) => name.split("_")[0] === word);
      const unit = word === "accuracy" ? 100 : 1;
      const series = names.map((name, i) => ({ name: name.split("_").slice(1).join(" ") || name, colour: colour(i),
        points: log.x.map((x, k) => [x, log.fields[name][k] === null ? NaN : log.fields[name][k] * unit]) }));
      const holder = element("div", {}, element("h3", {}, `${log.name}: ${word}${unit === 100 ? " (%)" : ""}`), legend(series));
      parent.append(holder);
      panels.push({ holder, word, log, series });
    }
  }
  for (const { holder, word, log, series } of panels) {
    const box = panel(holder, 240, { axis: axis(log.x, { isWhole: true }), title: "epoch" },
      { axis: axis(series.flatMap((s) => s.points.map((p) => p[1]))), title: word }, `${word} by epoch, ${log.name}`);
    lines(box, series, false);
  }
}

function drawPolicies() {
  const parent = byId("policies");
  parent.replaceChildren();
  byId("policy-section").hidden = !data.policies.length;
  for (const policy of data.policies) {
    const nChoices = policy.kernels.length * policy.crossbars.length + 1, nLayers = policy.p.length / nChoices;
    const table = element("table", { class: "dense" });
    const heads = policy.kernels.flatMap((k) => policy.crossbars.map((c) => `${k}×${k} on ${c}`)).concat("skip");
    table.append(element("thead", {}, row(["layer", ...heads], "th")));
    const body = element("tbody", {});
    for (let l = 0; l < nLayers; l++) {
      const cells = [];
      for (let c = 0; c < nChoices; c++) {
        const p = policy.p[l * nChoices + c];
        cells.push(element("td", { style: `background:rgba(var(--heat),${(0.55 * p).toFixed(3)})` }, p >= 0.005 ? String(Math.round(100 * p)) : ""));
      }
      body.append(row([data.networks[policy.net].slots[l] || String(l + 1), ...cells]));
    }
    table.append(body);
    parent.append(element("h3", {}, `${policy.name}: probabilities (%)`),
      element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": policy.name }, table));
  }
}

function fillProvenance() {
  const parent = byId("provenance");
  byId("provenance-section").hidden = !data.streams.length && !data.settings.length;
  for (const { name, text } of data.settings) parent.append(element("h3", {}, name), element("pre", {}, text));
  for (const { name, n, open, commands } of data.streams) {
    parent.append(element("h3", {}, `${name}: ${n} records${open ? ", still being written" : ""}`));
    parent.append(commands.length ? element("pre", {}, `${commands.join(" |\n    ")} > ${name}`)
      : element("p", { class: "hint" }, "does not say what made it: it is CSV or JSON"));
  }
}

function fillHeader() {
  const front = frontOf(data.designs), best = front[front.length - 1];
  byId("title").textContent = data.title;
  document.title = `${data.title} – nax report`;
  byId("version").textContent = `nax-plot ${data.version}`;
  byId("summary").textContent = data.designs.length
    ? `${data.designs.length} designs by ${data.methods.map((m) => m.name).join(", ")}; ${front.length} on the front, `
      + `${valueText(0, front[0]).text} at ${valueText(1, front[0]).text} to ${valueText(0, best).text} at ${valueText(1, best).text}`
    : "no designs yet";
  byId("notes").append(...data.notes.map((note) => element("li", {}, note)));
}

fillHeader();
fillMethods();
fillFrontTable();
fillProvenance();
const initial = frontOf(data.designs); /* its middle is as good as any to begin with */
chosen = initial.length ? initial[Math.floor((initial.length - 1) / 2)] : null;
drawn(drawFront);
drawn(drawDesign);
drawn(drawVolumes);
drawn(drawCurves);
drawn(drawPolicies);
watchWidth();
