// The world map: Equal Earth projection (Šavrič, Patterson, Jenny 2018), sites by kind and state,
// goods under way on great circles, split where they cross the antimeridian.
import { colours, FONT, onTheme, tip, tooltip } from "./theme.js";

const [A1, A2, A3, A4] = [1.340264, -0.081106, 0.000893, 0.003796];
const M = Math.sqrt(3) / 2;
const RAD = Math.PI / 180;

const SHAPE = { plant: "rect", supplier: "circle", hub: "diamond", warehouse: "roundRect", customer: "triangle" };
const SIZE = { plant: 11, supplier: 7, hub: 11, warehouse: 8, customer: 9 };

function project([lon, lat]) {
  const t = Math.asin(M * Math.sin(lat * RAD));
  const t2 = t * t;
  const t6 = t2 * t2 * t2;
  const x = (lon * RAD * Math.cos(t)) / (M * (A1 + 3 * A2 * t2 + t6 * (7 * A3 + 9 * A4 * t2)));
  return [x / RAD, -(t * (A1 + A2 * t2 + t6 * (A3 + A4 * t2))) / RAD];
}

function unproject([x, y]) {
  const wanted = -y * RAD;
  let t = wanted;
  for (let i = 0; i < 12; i += 1) {
    const t2 = t * t;
    const t6 = t2 * t2 * t2;
    const f = t * (A1 + A2 * t2 + t6 * (A3 + A4 * t2)) - wanted;
    const slope = A1 + 3 * A2 * t2 + t6 * (7 * A3 + 9 * A4 * t2);
    t -= f / slope;
    if (Math.abs(f) < 1e-9) break;
  }
  const t2 = t * t;
  const t6 = t2 * t2 * t2;
  const lon = (x * RAD * M * (A1 + 3 * A2 * t2 + t6 * (7 * A3 + 9 * A4 * t2))) / Math.cos(t);
  return [lon / RAD, Math.asin(Math.max(-1, Math.min(1, Math.sin(t) / M))) / RAD];
}

function vector(lon, lat) {
  const c = Math.cos(lat * RAD);
  return [c * Math.cos(lon * RAD), c * Math.sin(lon * RAD), Math.sin(lat * RAD)];
}

// The point a share of the way along the great circle from a to b, each [lon, lat].
function along(a, b, share) {
  const [u, v] = [vector(...a), vector(...b)];
  const angle = Math.acos(Math.max(-1, Math.min(1, u[0] * v[0] + u[1] * v[1] + u[2] * v[2])));
  if (angle < 1e-6) return a;
  const [p, q] = [Math.sin((1 - share) * angle) / Math.sin(angle), Math.sin(share * angle) / Math.sin(angle)];
  const [x, y, z] = u.map((n, i) => p * n + q * v[i]);
  return [Math.atan2(y, x) / RAD, Math.atan2(z, Math.hypot(x, y)) / RAD];
}

// The great circle as one or two lines, cut at the antimeridian.
function circle(a, b) {
  const steps = Math.max(2, Math.ceil(Math.hypot(a[0] - b[0], a[1] - b[1]) / 4));
  const lines = [[a]];
  let before = a;
  for (let i = 1; i <= steps; i += 1) {
    const point = i === steps ? b : along(a, b, i / steps);
    if (Math.abs(point[0] - before[0]) > 180) {
      const edge = before[0] > 0 ? 180 : -180;
      const lat = (before[1] + point[1]) / 2;
      lines[lines.length - 1].push([edge, lat]);
      lines.push([[-edge, lat]]);
    }
    lines[lines.length - 1].push(point);
    before = point;
  }
  return lines;
}

let box = null;
let chart = null;
let zoom = 1;
let center;

function read() {
  return JSON.parse(box.dataset.rows ?? document.getElementById("map-data").textContent);
}

function frameOf(sites) {
  if (!sites.length) return [undefined, 1];
  const points = sites.map((s) => project([s[4], s[3]]));
  const [x0, x1] = [Math.min(...points.map((p) => p[0])), Math.max(...points.map((p) => p[0]))];
  const [y0, y1] = [Math.min(...points.map((p) => p[1])), Math.max(...points.map((p) => p[1]))];
  const near = 0.8 / Math.max((x1 - x0) / 300, (y1 - y0) / 130, 0.05);
  if (near < 1.3) return [[0, -8], 1]; // all over the world: show the world
  return [[(x0 + x1) / 2, (y0 + y1) / 2], Math.min(9, near)];
}

function flowLines(data, c) {
  const place = new Map(data.sites.map((s) => [s[0], [s[4], s[3]]]));
  const most = Math.max(1, ...data.flows.map((f) => f[4] || f[3]));
  const lines = [];
  const goods = [];
  for (const f of data.flows) {
    const [origin, destination, , shipments, value, , , level, progress] = f;
    const [a, b] = [place.get(origin), place.get(destination)];
    if (!a || !b) continue;
    const color = level === "crit" ? c["map-crit"] : level === "warn" ? c["map-warn"] : c["map-flow"];
    const shut = f[10]; // a lane on which nothing sets out
    const type = shut ? "dashed" : "solid";
    const width = shut ? 2 : 1 + 3.5 * Math.sqrt((value || shipments) / most);
    for (const coords of circle(a, b)) {
      lines.push({ coords, flow: f, lineStyle: { color, width, type, opacity: level === "ok" ? 0.5 : 0.85 } });
    }
    for (const share of progress) goods.push({ value: along(a, b, share), flow: f, itemStyle: { color } });
  }
  lines.sort((p, q) => (p.lineStyle.opacity - q.lineStyle.opacity));
  return { lines, goods };
}

function siteMarks(data, c) {
  const few = data.sites.filter((s) => s[2] === "plant").length <= 16;
  const many = data.sites.length > 300;
  const heaviest = Math.max(1, ...data.sites.map((s) => s[7] || 0));
  return data.sites.map(([id, name, kind, lat, lon, level, why, weight]) => {
    if (weight !== undefined) { // a circle as large as what the site weighs, nothing for nothing
      return { name: id, full: name, kind, why, value: [lon, lat], symbol: "circle",
        symbolSize: weight ? 6 + 26 * Math.sqrt(weight / heaviest) : 4,
        itemStyle: { color: weight ? c.accent : c["map-site"], opacity: weight ? 0.75 : 0.6, borderColor: c.surface, borderWidth: 1 },
        label: { show: weight > heaviest / 4 }, z2: weight ? 2 : 1 };
    }
    const silent = level === "none"; // only its data are late
    const calm = level === "ok" || level === "none";
    const color = level === "crit" ? c["map-crit"] : level === "warn" ? c["map-warn"] : kind === "plant" ? c.accent : c["map-site"];
    return {
      name: id, full: name, kind, why, value: [lon, lat], symbol: SHAPE[kind] ?? "circle",
      symbolSize: calm ? (SIZE[kind] ?? 7) * (many ? 0.7 : 1) : 13, // the larger keeps its label
      itemStyle: { color: silent ? c.surface : color, borderColor: silent ? color : c.surface, borderWidth: 1.5 },
      label: { show: !calm || (few && kind === "plant") },
      z2: level === "crit" ? 4 : calm ? (kind === "plant" ? 2 : 1) : 3,
    };
  });
}

function told({ data, seriesId }) {
  if (seriesId === "sites") return tip(`${data.name} ${data.full === data.name ? "" : data.full}`, [data.kind, data.why]);
  const [origin, destination, mode, shipments, , late, hours] = data.flow;
  if (data.flow[10]) return tip(`${origin} → ${destination}`, [data.flow[10]]);
  return tip(`${origin} → ${destination}`, [
    `${shipments} shipment${shipments === 1 ? "" : "s"} by ${mode || "any mode"}`, data.flow[9],
    late ? `${late} late, the worst by ${hours < 48 ? `${Math.round(hours)} h` : `${(hours / 24).toFixed(1)} d`}` : "on time",
  ]);
}

function draw(first = false) {
  const data = read();
  const c = colours();
  const { lines, goods } = flowLines(data, c);
  if (first) [center, zoom] = frameOf(data.sites);
  const geo = { map: "land", projection: { project, unproject }, roam: matchMedia("(pointer: fine)").matches ? "move" : false, silent: true, top: 6, bottom: 6, left: 6, right: 6,
    itemStyle: { areaColor: c["map-land"], borderColor: c["map-line"], borderWidth: 0.6 } };
  if (first) Object.assign(geo, { center, zoom });
  chart.setOption({
    animation: false, geo, tooltip: { ...tooltip(c), trigger: "item", formatter: told },
    series: [
      { id: "flows", type: "lines", coordinateSystem: "geo", polyline: true, data: lines, z: 2 },
      { id: "goods", type: "scatter", coordinateSystem: "geo", data: goods, symbol: "circle", symbolSize: 4.5, itemStyle: { borderColor: c.surface, borderWidth: 1 }, z: 3 },
      { id: "sites", type: "scatter", coordinateSystem: "geo", data: siteMarks(data, c), z: 4, cursor: "pointer",
        label: { position: "right", distance: 5, formatter: "{b}", color: c.ink, textBorderColor: c.surface, textBorderWidth: 3, fontFamily: FONT, fontSize: 11, fontWeight: 600 },
        labelLayout: { hideOverlap: true } },
    ],
  });
}

function buttons() {
  const set = document.createElement("div");
  set.className = "zoom";
  const turn = (factor) => {
    const geo = chart.getOption().geo[0];
    zoom = factor ? Math.max(0.9, Math.min(24, geo.zoom * factor)) : frameOf(read().sites)[1];
    center = factor ? geo.center : frameOf(read().sites)[0];
    chart.setOption({ geo: { zoom, center } });
  };
  for (const [text, label, factor] of [["+", "Zoom in", 1.5], ["−", "Zoom out", 1 / 1.5], ["⤢", "Show all sites", 0]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.title = label;
    button.setAttribute("aria-label", label);
    button.addEventListener("click", () => turn(factor));
    set.append(button);
  }
  box.append(set);
}

// A site's page, as of the same time as this one.
function visit(site) {
  const asked = new URLSearchParams(location.search);
  const when = new URLSearchParams(["at", "known"].filter((n) => asked.get(n)).map((n) => [n, asked.get(n)]));
  location.assign(`/sites/${encodeURIComponent(site)}${when.size ? `?${when}` : ""}`);
}

async function start() {
  try {
    const answer = await fetch(box.dataset.land);
    if (!answer.ok) throw new Error(`the land of the map: ${answer.status}`);
    window.echarts.registerMap("land", await answer.json());
  } catch {
    const text = document.createElement("p");
    text.className = "empty";
    text.textContent = "The map could not be loaded. Its facts are in the lists beside and below.";
    box.replaceChildren(text);
    return;
  }
  const stage = document.createElement("div");
  stage.style.position = "absolute";
  stage.style.inset = "0";
  box.replaceChildren(stage);
  chart = window.echarts.init(stage);
  chart.on("click", ({ seriesId, data }) => {
    if (box.dataset.pick !== undefined) box.dispatchEvent(new CustomEvent("taktnet:pick", { detail: seriesId === "sites" ? { site: data.name } : { flow: data?.flow }, bubbles: true }));
    else if (seriesId === "sites") visit(data.name);
    else if (data?.flow) visit(data.flow[1]);
  });
  draw(true);
  buttons();
  new ResizeObserver(() => chart.resize()).observe(box);
  onTheme(() => draw());
  document.addEventListener("taktnet:swap", (e) => e.detail.id === "map-data" && draw());
  box.dataset.ready = "1";
}

// The map of a page, also of one that came in later.
function boot() {
  const found = document.getElementById("map");
  if (!found || found === box) return;
  box = found;
  start();
}

boot();
document.addEventListener("htmx:afterSettle", boot);
