// History, forecast and band of one series, with its spikes. The box has no id: htmx copies the
// attributes of elements with one when it swaps, and the policy of the pages forbids their styles.
import { colours, FONT, onTheme, tip, tooltip } from "./theme.js";

let chart = null;
let box = null;

const read = () => JSON.parse(box.dataset.curve);
const text = (v) => (v == null ? "–" : v.toLocaleString("en", { maximumFractionDigits: v >= 100 ? 0 : 2 }));

function draw() {
  const d = read();
  const c = colours();
  const days = [...d.days, ...d.ahead];
  const past = d.days.length;
  const gap = Array(past).fill(null);
  const ahead = (row) => [...gap, ...row];
  const moved = d.final.some((v, i) => Math.abs(v - d.mean[i]) > 1e-9);
  const axis = { axisLine: { lineStyle: { color: c.line } }, axisTick: { show: false }, axisLabel: { color: c["ink-3"], fontFamily: FONT, fontSize: 11, hideOverlap: true }, splitLine: { lineStyle: { color: c.line } } };
  const line = (name, data, more) => ({ name, type: "line", data, symbol: "none", animation: false, ...more });
  const told = (at) => {
    if (at < past) return [`demand ${text(d.history[at])} ${d.unit}`];
    const k = at - past;
    return [`forecast ${text(d.final[k])} ${d.unit}`, moved && `statistics ${text(d.mean[k])}`, `${Math.round(100 * d.band)} % between ${text(d.low[k])} and ${text(d.high[k])}`];
  };
  chart.setOption({
    animation: false, grid: { left: 12, right: 20, top: 34, bottom: 12, containLabel: true },
    legend: { top: 0, left: 8, itemWidth: 14, itemHeight: 8, textStyle: { color: c["ink-2"], fontFamily: FONT, fontSize: 11 }, data: ["demand", "forecast", ...(moved ? ["statistics"] : []), "band", ...(d.spikes.length ? ["spike"] : [])] },
    tooltip: { ...tooltip(c), trigger: "axis", formatter: (rows) => tip(days[rows[0].dataIndex], told(rows[0].dataIndex)), axisPointer: { lineStyle: { color: c["line-strong"] } } },
    xAxis: { ...axis, type: "category", data: days, splitLine: { show: false } },
    yAxis: { ...axis, type: "value", axisLine: { show: false } },
    series: [
      { name: "demand", type: "bar", data: d.history, barMaxWidth: 8, itemStyle: { color: c["ink-3"] } },
      line("low", ahead(d.low), { stack: "band", lineStyle: { opacity: 0 }, silent: true }),
      line("band", ahead(d.high.map((v, i) => v - d.low[i])), { stack: "band", lineStyle: { opacity: 0 }, itemStyle: { color: c.accent, opacity: 0.25 }, areaStyle: { color: c.accent, opacity: 0.18 }, silent: true }),
      line("forecast", ahead(d.final), { lineStyle: { width: 2, color: c.accent }, itemStyle: { color: c.accent } }),
      ...(moved ? [line("statistics", ahead(d.mean), { lineStyle: { width: 1.5, type: "dashed", color: c["ink-2"] }, itemStyle: { color: c["ink-2"] } })] : []),
      { name: "spike", type: "scatter", data: d.spikes.filter((s) => days.includes(s.day)).map((s) => [s.day, s.qty]), symbol: "diamond", symbolSize: 10, itemStyle: { color: c.warn } },
    ],
  }, true);
}

function begin() {
  const found = document.querySelector("[data-curve]");
  if (!found || found === box) return;
  chart?.dispose();
  box = found;
  chart = window.echarts.init(box);
  draw();
  new ResizeObserver(() => !chart.isDisposed() && chart.getDom() === box && chart.resize()).observe(box);
  box.dataset.ready = "1";
}

begin();
onTheme(() => chart && draw());
document.addEventListener("htmx:afterSettle", begin);
