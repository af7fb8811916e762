// Lots of the Gantt chart are drawn elsewhere by pointer or keyboard; the server checks and redraws.
const ROW = 34, HEAD = 40, SNAP = 5, STEP = 15, LEAP = 60;
let hand = null; // what is being moved: lot, line and start as drawn, and where the pointer took it
let kept = null; // scroll and focus across a redraw

const chart = () => document.getElementById("gantt");
const say = (text) => { const box = document.getElementById("gantt-says"); if (box) box.textContent = text; };
const allowed = (lot) => lot.dataset.lines.split("|").filter(Boolean);
const lines = () => [...chart().querySelectorAll(".gantt-row")].map((row) => row.dataset.line);

function take(lot, x = 0, y = 0) {
  hand = { lot, x, y, line: lot.dataset.line, start: Number(lot.dataset.start) };
  lot.classList.add("held");
  for (const row of chart().querySelectorAll(".gantt-row")) row.classList.toggle("may", allowed(lot).includes(row.dataset.line));
}

function draw() {
  const { lot, line, start } = hand;
  const dx = (start - Number(lot.dataset.start)) * Number(chart().dataset.px);
  const dy = (lines().indexOf(line) - lines().indexOf(lot.dataset.line)) * ROW;
  lot.setAttribute("transform", `translate(${dx} ${dy})`);
}

function when(minute) {
  const at = new Date(Number(chart().dataset.origin) / 1000 + minute * 60000);
  return at.toLocaleString([], { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
}

function leave() {
  if (!hand) return;
  hand.lot.removeAttribute("transform");
  hand.lot.classList.remove("held");
  for (const row of chart().querySelectorAll(".gantt-row.may")) row.classList.remove("may");
  hand = null;
}

function drop() {
  const { lot, line, start } = hand;
  if (line === lot.dataset.line && start === Number(lot.dataset.start)) { leave(); return; }
  const box = chart();
  kept = { left: box.scrollLeft, top: box.scrollTop, op: lot.dataset.op };
  say(`${lot.dataset.op}: checking`);
  const values = { operation: lot.dataset.op, resource: line, start: String(start) };
  hand = null;
  window.htmx.ajax("POST", "/plan/schedule/move", { values, target: "#plan", select: "#plan", swap: "outerHTML" });
}

function down(e) {
  const lot = e.target.closest?.("#gantt .lot");
  if (!lot || e.button !== 0 || !allowed(lot).length) return;
  leave();
  take(lot, e.clientX, e.clientY);
  hand.pointer = e.pointerId;
  lot.setPointerCapture(e.pointerId);
  e.preventDefault();
  lot.focus({ preventScroll: true });
}

function move(e) {
  if (!hand || hand.pointer !== e.pointerId) return;
  const by = (e.clientX - hand.x) / Number(chart().dataset.px);
  hand.start = Number(hand.lot.dataset.start) + Math.round(by / SNAP) * SNAP;
  const at = lines().indexOf(hand.lot.dataset.line) + Math.round((e.clientY - hand.y) / ROW);
  const line = lines()[at];
  if (allowed(hand.lot).includes(line)) hand.line = line;
  draw();
}

function up(e) {
  if (hand && hand.pointer === e.pointerId) drop();
}

function key(e) {
  const lot = e.target.closest?.("#gantt .lot");
  if (!lot) return;
  const can = allowed(lot);
  if (e.key === "Escape") { leave(); say("put back"); return; }
  if (e.key === "Enter" && hand) { e.preventDefault(); drop(); return; }
  if (!e.key.startsWith("Arrow")) return;
  e.preventDefault();
  if (!can.length) { say(`${lot.dataset.op} runs already`); return; }
  if (!hand || hand.lot !== lot) { leave(); take(lot); }
  const step = e.shiftKey ? LEAP : STEP;
  if (e.key === "ArrowLeft") hand.start -= step;
  if (e.key === "ArrowRight") hand.start += step;
  const order = lines().filter((line) => can.includes(line));
  const at = order.indexOf(hand.line);
  if (e.key === "ArrowUp") hand.line = order[Math.max(0, at - 1)];
  if (e.key === "ArrowDown") hand.line = order[Math.min(order.length - 1, at + 1)];
  draw();
  say(`${lot.dataset.op} on ${hand.line} from ${when(hand.start)}; Enter checks, Escape puts it back`);
}

// A lot that began left of what is in sight keeps its name in sight.
function name() {
  const left = chart()?.scrollLeft;
  for (const text of chart()?.querySelectorAll(".lot text") ?? []) {
    const [x, width] = ["x", "width"].map((n) => Number(text.previousElementSibling.getAttribute(n)));
    const last = x + width - text.getComputedTextLength() - 12;
    text.setAttribute("x", Math.max(x, Math.min(left, last)) + 6);
  }
}

function settled() {
  const box = chart();
  if (!box) return;
  name();
  if (!kept) return;
  box.scrollTo(kept.left, kept.top);
  box.querySelector(`.lot[data-op="${CSS.escape(kept.op)}"]`)?.focus({ preventScroll: true });
  say(document.querySelector(".notice.crit strong")?.textContent ?? "the plan can be worked");
  kept = null;
}

function open() {
  const box = chart();
  const now = box?.querySelector(".now");
  if (now) box.scrollLeft = Math.max(0, Number(now.getAttribute("x1")) - 80);
  name();
}

document.addEventListener("pointerdown", down);
document.addEventListener("pointermove", move);
document.addEventListener("pointerup", up);
document.addEventListener("pointercancel", leave);
document.addEventListener("keydown", key);
document.addEventListener("focusout", (e) => { if (hand && !hand.pointer && e.target === hand.lot) leave(); });
document.addEventListener("htmx:afterSettle", settled);
document.addEventListener("scroll", (e) => { if (e.target === chart()) name(); }, true);
open();
