// The trend of one KPI, with its target.
import { colours, FONT, onTheme, tip, tooltip } from "./theme.js";

const box = document.getElementById("trend");
const read = () => JSON.parse(document.getElementById("trend-data").textContent);

function draw(chart) {
  const { points, target, unit, digits } = read();
  const c = colours();
  const text = (v) => (v === null ? "no data" : `${v.toFixed(digits)}${unit}`);
  const axis = { axisLine: { lineStyle: { color: c.line } }, axisTick: { show: false }, axisLabel: { color: c["ink-3"], fontFamily: FONT, fontSize: 11, hideOverlap: true }, splitLine: { lineStyle: { color: c.line } } };
  const goal = { silent: true, symbol: "none", lineStyle: { color: c["line-strong"], type: "dashed" }, label: { formatter: `target ${text(target)}`, position: "insideEndTop", color: c["ink-2"], fontFamily: FONT, fontSize: 11 }, data: [{ yAxis: target }] };
  chart.setOption({
    animation: false, grid: { left: 12, right: 20, top: 24, bottom: 12, containLabel: true },
    tooltip: { ...tooltip(c), trigger: "axis", formatter: ([p]) => tip(p.name, [text(p.value ?? null)]), axisPointer: { lineStyle: { color: c["line-strong"] } } },
    xAxis: { ...axis, type: "category", boundaryGap: false, data: points.map((p) => p[0]), splitLine: { show: false } },
    yAxis: { ...axis, type: "value", scale: true, axisLine: { show: false }, axisLabel: { ...axis.axisLabel, formatter: (v) => `${Number(v.toFixed(4))}${unit}` } },
    series: [{ type: "line", data: points.map((p) => p[1]), showSymbol: points.length < 40, symbolSize: 5, lineStyle: { width: 2, color: c.accent }, itemStyle: { color: c.accent }, markLine: target === null ? undefined : goal }],
  });
}

if (box) {
  const chart = window.echarts.init(box);
  draw(chart);
  new ResizeObserver(() => chart.resize()).observe(box);
  onTheme(() => draw(chart));
  document.addEventListener("taktnet:swap", (e) => e.detail.id === "trend-data" && draw(chart));
  box.dataset.ready = "1";
}
