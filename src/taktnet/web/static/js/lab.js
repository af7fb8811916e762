// The scenario lab: pick what could go wrong, choose answers, see them beside doing nothing.
import { band, money, percent, table } from "./labdraw.js";

const by = (id) => document.getElementById(id);
const begin = JSON.parse(by("lab-data").textContent);
const list = by("picks");
const PATIENCE_MS = 4000; // a start that takes longer says why
let rows = begin.rows;
let picked = null;
let answers = [];
let stream = null;
let job = "";
let asked = 0; // questions so far: what comes late for an older one is left alone

async function call(method, path, body) {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  const answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(told.detail ?? `the server answered ${answer.status}`), { faults: told.faults ?? [] });
  return told;
}

function fault(error) {
  const box = by("fault");
  box.hidden = !error;
  if (!error) return;
  const text = document.createElement("strong");
  text.textContent = error.message;
  box.replaceChildren(text);
  if (error.faults?.length) {
    const all = document.createElement("ul");
    for (const one of error.faults.slice(0, 10)) {
      const item = document.createElement("li");
      item.textContent = one.text;
      all.append(item);
    }
    box.append(all);
  }
}

function trust({ fidelity }) {
  const box = by("trust");
  const level = !fidelity ? "warn" : fidelity.error <= fidelity.limit ? "ok" : "crit";
  const chip = document.createElement("span");
  chip.className = `chip ${level}`;
  chip.textContent = fidelity ? `twin off by ${percent(fidelity.error, 0)} in ${fidelity.worst}` : "twin never checked";
  chip.title = fidelity ? `Largest error over the ${fidelity.days} days to ${fidelity.end.slice(0, 10)}; advice is given up to ${percent(fidelity.limit, 0)}` : "Run taktnet twin check";
  box.replaceChildren(chip);
}

// the list
function draw() {
  list.replaceChildren(...rows.map((row) => {
    const item = document.createElement("li");
    const [name, detail] = [document.createElement("strong"), document.createElement("small")];
    name.textContent = row.name;
    detail.textContent = row.detail;
    item.append(name, detail);
    if (row.level !== "ok") {
      const chip = document.createElement("span");
      chip.className = `chip ${row.level}`;
      chip.textContent = row.kind === "shipment" ? "late" : "down";
      item.append(chip);
    }
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", String(same(row, picked)));
    item.tabIndex = -1;
    item.addEventListener("click", () => pick(row));
    return item;
  }));
  if (!rows.length) {
    const none = document.createElement("li");
    none.className = "none";
    none.textContent = "Nothing by that name";
    list.append(none);
  }
  const first = list.querySelector('[aria-selected="true"]') ?? list.firstElementChild;
  if (first) first.tabIndex = 0;
  list.removeAttribute("aria-busy");
}

const same = (a, b) => a && b && a.kind === b.kind && a.subject === b.subject;

list.addEventListener("keydown", (e) => {
  const all = [...list.children];
  const at = all.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[e.key];
  if (to !== undefined) all[to]?.focus();
  else if ((e.key === "Enter" || e.key === " ") && rows[at]) pick(rows[at]);
  else return;
  e.preventDefault();
});

let typing = 0;
async function find(text) {
  const mine = ++typing;
  list.setAttribute("aria-busy", "true");
  try {
    const told = await call("GET", `/api/simulations/disturbances?limit=60&text=${encodeURIComponent(text)}`);
    if (mine !== typing) return [];
    rows = told.rows;
    fault(null);
  } catch (error) {
    fault(error);
  }
  draw();
  return rows;
}

let timer = 0;
by("pick-q").addEventListener("input", (e) => {
  clearTimeout(timer);
  timer = setTimeout(() => find(e.target.value), 180);
});
by("pick-q").addEventListener("keydown", (e) => {
  if (e.key === "ArrowDown") list.firstElementChild?.focus();
});

by("map").addEventListener("taktnet:pick", async ({ detail }) => {
  const text = detail.site ?? (detail.flow ? `${detail.flow[0]} to ${detail.flow[1]}` : "");
  if (!text) return;
  by("pick-q").value = text;
  const found = await find(text);
  const own = found.find((r) => r.kind === "site" && r.subject === detail.site) ?? (detail.flow ? found[0] : null);
  if (own) pick(own);
});

// the question
const AMOUNTS = {
  delay: ["Hours later", (c) => c.hours, (c, v) => ({ ...c, hours: v })],
  down: ["Hours down", (c) => c.end, (c, v) => ({ ...c, end: v })],
  demand: ["Times as much", (c) => c.factor, (c, v) => ({ ...c, factor: v })],
};

function scenario() {
  const amount = Number(by("amount").value);
  return { name: "nothing is done", changes: picked.changes.map((c) => AMOUNTS[c.change]?.[2](c, amount) ?? c) };
}

async function pick(row) {
  picked = row;
  draw();
  const mine = ++asked;
  await stop();
  const [label, read] = AMOUNTS[row.changes[0].change] ?? ["", () => 0];
  by("q-h").textContent = row.name;
  by("q-detail").textContent = row.detail;
  by("q-empty").hidden = true;
  by("ask").hidden = false;
  by("amount-l").hidden = !label;
  by("amount-t").textContent = label;
  by("amount").value = read(row.changes[0]);
  history.replaceState(null, "", `/lab?pick=${encodeURIComponent(`${row.kind}:${row.subject}`)}`);
  by("status").textContent = "Looking for answers";
  try {
    const told = await call("POST", "/api/simulations/answers", scenario());
    if (mine !== asked) return;
    answers = told.answers.filter((a) => a.changes?.length);
    options();
    await run();
  } catch (error) {
    if (mine === asked) failed(error);
  }
}

function options() {
  const legend = by("answers").firstElementChild;
  by("answers").replaceChildren(legend, ...answers.map((answer, i) => {
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = true;
    box.value = String(i);
    const [name, note] = [document.createElement("strong"), document.createElement("small")];
    name.textContent = answer.name;
    note.textContent = answer.note ?? "";
    label.append(box, name, note);
    return label;
  }));
  if (!answers.length) {
    const none = document.createElement("p");
    none.className = "soft";
    none.textContent = "No other lane, source, stock or card suggests itself; see what comes of it.";
    by("answers").append(none);
  }
}

by("ask").addEventListener("submit", (e) => {
  e.preventDefault();
  asked += 1;
  run().catch(failed);
});
by("stop").addEventListener("click", stop);
by("measure").addEventListener("change", () => {
  by("indifference").value = "0"; // it was in the unit of another measure
});

async function run() {
  const mine = asked;
  await stop();
  fault(null);
  const chosen = [...by("answers").querySelectorAll("input:checked")].map((box) => answers[Number(box.value)]);
  const question = { base: scenario(), answers: chosen, days: Number(by("days").value), measure: by("measure").value, indifference: Number(by("indifference").value), kpis: true };
  busy(true);
  const began = performance.now();
  const told = await call("POST", "/api/simulations", question);
  if (mine !== asked) {
    call("DELETE", `/api/jobs/${told.id}`).catch(() => {});
    return;
  }
  job = told.id;
  stream = new EventSource(`/api/jobs/${encodeURIComponent(job)}/events`);
  let lasted = 0;
  setTimeout(() => {
    if (by("status").textContent === "Starting") by("status").textContent = "Starting; the twin is compiled first, once on this machine or after an update";
  }, PATIENCE_MS);
  stream.addEventListener("progress", ({ data }) => {
    const { done, total } = JSON.parse(data);
    by("bar-runs").max = Math.max(1, total);
    by("bar-runs").value = done;
    by("status").textContent = lasted ? `${seconds(lasted)}; reading KPIs, run ${done} of ${total}` : total ? `run ${done} of ${total}` : "Starting";
  });
  stream.addEventListener("result", ({ data }) => {
    lasted = performance.now() - began;
    show(JSON.parse(data).result);
  });
  stream.addEventListener("end", ({ data }) => {
    const end = JSON.parse(data);
    finish();
    if (end.state === "failed") failed(Object.assign(new Error(end.error), { faults: end.faults }));
    else if (end.result) show(end.result);
    by("status").textContent = end.state === "failed" ? "" : `${end.state === "cancelled" ? "Stopped with what it had" : "Answered"} in ${seconds(lasted || performance.now() - began)}`;
  });
  stream.onerror = () => {
    if (stream?.readyState === EventSource.CLOSED) failed(new Error("the server is gone; try again when it is back"));
  };
}

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

function busy(on) {
  by("run").disabled = on;
  by("stop").hidden = !on;
  by("bar-runs").hidden = !on;
  by("bar-runs").removeAttribute("value");
  by("results").classList.toggle("waiting", on);
  if (on) by("status").textContent = "Starting";
}

function finish() {
  stream?.close();
  stream = null;
  job = "";
  busy(false);
}

async function stop() {
  if (!job) return;
  const mine = job;
  const open = stream;
  await call("DELETE", `/api/jobs/${encodeURIComponent(mine)}`).catch(() => {});
  if (stream === open && job === mine) {
    // the end comes over the stream; not later than this
    setTimeout(() => job === mine && finish(), 1500);
  }
}

function failed(error) {
  finish();
  by("status").textContent = "";
  fault(error);
}

// the answer
let shown = null;
let beside = "";

// What the disturbance changes of what was to come.
function told(impact, currency, days) {
  const parts = [];
  const points = 100 * (impact.service.mean ?? 0);
  if (Math.abs(points) >= 0.05) parts.push(`service ${points < 0 ? "falls" : "rises"} by ${Math.abs(points).toFixed(1)} points`);
  if (Math.abs(impact.cost.mean ?? 0) >= 1) parts.push(`cost ${impact.cost.mean < 0 ? "falls" : "rises"} by ${money(Math.abs(impact.cost.mean), currency)}`);
  return parts.length ? `If nothing is done, ${parts.join(" and ")} in ${days} days. ` : `It changes next to nothing in ${days} days. `;
}

function show(result) {
  shown = result;
  trust(result);
  by("results").hidden = false;
  const rest = result.options.filter((o) => !o.base);
  if (!rest.some((o) => o.name === beside)) beside = rest[0]?.name ?? "";
  const notice = by("advice");
  const { impact, advice, currency } = result;
  const cost = impact ? told(impact, currency, result.days) : "";
  notice.className = `notice ${advice.given ? "ok" : "warn"}`;
  notice.hidden = !(cost || advice.text);
  notice.textContent = `${cost}${advice.text}`;
  by("r-sub").textContent = `${result.days} days, the same luck for all, 95 % intervals${result.stopped ? "; stopped early" : ""}`;
  table.options(by("options"), result, beside, (name) => {
    beside = name;
    show(shown);
  });
  table.kpis(by("kpis"), result);
  by("k-sub").textContent = result.kpis ? "by their definitions, with what is on record before" : "being read";
  const base = result.options.find((o) => o.base);
  const other = result.options.find((o) => o.name === beside);
  for (const sub of document.querySelectorAll(".band-sub")) sub.textContent = `median and 90 % of the runs: ${[base, other].filter(Boolean).map((o) => o.name).join(" beside ")}`;
  band(by("chart-stock"), base, other, "stock", (v) => money(v, currency));
  band(by("chart-service"), base, other, "service", (v) => percent(v, 0));
  by("results").dataset.ready = "1";
}

trust(begin);
draw();
const named = begin.picked && rows.find((r) => `${r.kind}:${r.subject}` === begin.picked);
if (named) pick(named);
addEventListener("pagehide", () => stream?.close());
document.body.dataset.lab = "ready";
