// Tables and bands of the scenario lab.
import { colours, FONT, onTheme, tip, tooltip } from "./theme.js";

const plain = (v, digits = 0) => new Intl.NumberFormat("en", { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(v).replace("-", "−");
export const number = (v, digits = 0) => (v === null || v === undefined ? "–" : plain(v, digits));
export const percent = (v, digits = 1) => (v === null || v === undefined ? "–" : `${plain(100 * v, digits)} %`);
export const money = (v, currency = "EUR") =>
  v === null || v === undefined ? "–" : new Intl.NumberFormat("en", { style: "currency", currency, maximumFractionDigits: 0, notation: Math.abs(v) >= 1e6 ? "compact" : "standard", ...(Math.abs(v) >= 1e6 ? { maximumFractionDigits: 2 } : {}) }).format(v).replace("-", "−");
const signed = (text, v) => (v > 0 ? `+${text}` : text);

function cell(tag, text, name = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (name) made.className = name;
  if (tag === "th") made.scope = "col";
  return made;
}

// A difference with its interval; coloured where it is clear which way it goes.
function gap(one, write, better) {
  const made = cell("td", "", "n");
  if (!one || one.mean === null) {
    made.append(cell("span", one ? "no data" : "base", "dim"));
    return made;
  }
  const clear = one.low !== null && (one.low > 0 || one.high < 0);
  const good = clear && (one.mean > 0) === better;
  made.append(cell("span", signed(write(one.mean), one.mean), clear ? (good ? "good" : "crit") : ""));
  if (one.low !== null) made.append(cell("span", `${signed(write(one.low), one.low)} to ${signed(write(one.high), one.high)}`, "interval"));
  return made;
}

function options(box, result, beside, choose) {
  const { currency } = result;
  const euro = (v) => money(v, currency);
  const points = (v) => `${plain(100 * v, 2)} pts`;
  const head = document.createElement("tr");
  const ranked = "rank" in result.options[0];
  head.append(...["Answer", "Service", "± base", "Stock", "± base", "Hours late", "Cost", "± base"].map((t, i) => cell("th", t, i ? (i === 5 ? "n lo" : "n") : "")));
  if (ranked) head.append(cell("th", "Better than first", "n lo"));
  const body = document.createElement("tbody");
  for (const option of result.options) {
    const row = document.createElement("tr");
    row.setAttribute("aria-selected", String(!option.base && option.name === beside));
    const name = cell("td", "");
    const pick = cell("button", "", "bare pick");
    pick.type = "button";
    pick.disabled = option.base;
    pick.append(cell("strong", `${ranked ? `${option.rank}. ` : ""}${option.name}`));
    if (option.note) pick.append(cell("small", option.note));
    pick.addEventListener("click", () => choose(option.name));
    pick.title = option.base ? "" : "Show it in the charts";
    name.append(pick);
    const m = option.measures;
    const d = option.base ? {} : option.differences;
    row.append(
      name, cell("td", percent(m.service.mean), "n"), gap(d.service, points, true),
      cell("td", euro(m.stock.mean), "n"), gap(d.stock, euro, false),
      cell("td", number(m.late_h.mean), "n lo"), cell("td", euro(m.cost.mean), "n"), gap(d.cost, euro, false),
    );
    if (ranked) row.append(cell("td", option.rank === 1 ? "first" : option.equal ? "equal" : percent(option.better_probability, option.better_probability < 0.001 ? 0 : 1), "n lo"));
    body.append(row);
  }
  const top = document.createElement("thead");
  top.append(head);
  box.replaceChildren(top, body);
}

const KPI = { otif: "OTIF to production", turns: "Inventory turns", lead_time: "Lead-time variability", schedule: "Schedule adherence", cost: "Delivered cost", stockout: "Stockout rate" };

function kpis(box, result) {
  const names = result.options.map((o) => o.name);
  const head = document.createElement("tr");
  head.append(cell("th", "KPI"), ...names.map((n) => cell("th", n, "n")));
  const top = document.createElement("thead");
  top.append(head);
  const body = document.createElement("tbody");
  for (const kpi of result.kpis ?? []) {
    const write = kpi.unit === "share" ? (v) => percent(v) : kpi.unit.startsWith("EUR") ? (v) => money(v) : (v) => number(v, 2);
    const row = document.createElement("tr");
    row.append(cell("td", KPI[kpi.key] ?? kpi.key));
    for (const name of names) {
      const one = kpi.options[name];
      const made = cell("td", one?.mean === null || !one ? "no data" : write(one.mean), one?.mean === null || !one ? "n dim" : "n");
      if (one && one.mean !== null && one.low !== null) made.append(cell("span", `${write(one.low)} to ${write(one.high)}`, "interval"));
      row.append(made);
    }
    body.append(row);
  }
  if (!result.kpis) {
    const row = document.createElement("tr");
    const wait = cell("td", "The KPIs of traced runs follow.", "dim");
    wait.colSpan = names.length + 1;
    row.append(wait);
    body.append(row);
  }
  box.replaceChildren(top, body);
}

export const table = { options, kpis };

// Two bands over the days: doing nothing, and the answer beside it.
const charts = new Map();

function lines(option, name, colour, write, which) {
  const b = option?.bands[name];
  if (!b) return [];
  const stack = `${which}-band`;
  const low = b.q05.map((v, i) => [b.days[i], v]);
  const wide = b.q95.map((v, i) => [b.days[i], v === null ? null : v - b.q05[i]]);
  const none = { symbol: "none", lineStyle: { opacity: 0 }, silent: true, type: "line", stack, tooltip: { show: false } };
  return [
    { ...none, data: low },
    { ...none, data: wide, areaStyle: { color: colour, opacity: 0.16 } },
    { type: "line", name: option.name, data: b.q50.map((v, i) => [b.days[i], v]), symbol: "none", lineStyle: { color: colour, width: 2, type: which === "base" ? "dashed" : "solid" }, itemStyle: { color: colour }, connectNulls: true },
  ];
}

export function band(box, base, other, name, write) {
  const known = charts.get(box);
  const chart = known?.chart ?? window.echarts.init(box);
  charts.set(box, { chart, again: () => band(box, base, other, name, write) });
  if (!known) new ResizeObserver(() => chart.resize()).observe(box);
  const c = colours();
  const text = { color: c["ink-3"], fontFamily: FONT, fontSize: 11 };
  const axis = { axisLine: { lineStyle: { color: c.line } }, axisTick: { show: false }, axisLabel: { ...text, hideOverlap: true }, splitLine: { lineStyle: { color: c.line } } };
  chart.setOption({
    animation: false, grid: { left: 8, right: 16, top: 32, bottom: 8, containLabel: true },
    legend: { top: 0, left: 4, textStyle: { ...text, color: c["ink-2"] }, itemWidth: 18, itemHeight: 8, data: [base?.name, other?.name].filter(Boolean) },
    tooltip: { ...tooltip(c), trigger: "axis", formatter: (points) => tip(`day ${number(points[0].value[0], 1)}`, points.filter((p) => p.seriesName && !p.seriesName.startsWith("series")).map((p) => `${p.seriesName}: ${p.value[1] === null ? "no data" : write(p.value[1])}`)) },
    xAxis: { ...axis, type: "value", min: 0, max: "dataMax", axisLabel: { ...axis.axisLabel, formatter: (v) => `day ${number(v)}` }, splitLine: { show: false } },
    yAxis: { ...axis, type: "value", scale: true, ...(name === "service" ? { max: 1, min: ({ min }) => Math.max(0, Math.floor(10 * Math.min(min, 0.9)) / 10) } : {}), axisLine: { show: false }, axisLabel: { ...axis.axisLabel, formatter: write, hideOverlap: true } },
    series: [...lines(base, name, c["map-site"], write, "base"), ...lines(other, name, c.accent, write, "other")],
  }, true);
}

onTheme(() => charts.forEach(({ again }) => again()));
