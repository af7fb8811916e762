// One stream per page. Its events only say that something is new; the page then asks for itself
// again, at most once a second, and puts in the regions (data-live) whose text has changed.
const LEAST_MS = 1000; // between two refreshes
const IDLE_MS = 30000; // ages and times go on without events
const STALE_MS = 8000; // reconnecting longer than this is shown as stale
const HIDDEN_MS = 20000; // a page nobody sees gives its connection back

const mark = document.getElementById("live");
const seen = new Map();
let stream = null;
let busy = false;
let dirty = false;
let timer = 0;
let cost = 0;
let last = 0;
let lastGood = Date.now();
let lost = 0;
let hidden = 0;

function clock(ms) {
  return new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

function show(state) {
  if (!mark || mark.dataset.state === state) return;
  mark.dataset.state = state;
  mark.textContent = { live: "Live", reconnecting: "Reconnecting", stale: `Stale since ${clock(lastGood)}`, paused: "Paused" }[state];
}

function remembered(region) {
  const active = document.activeElement;
  const inside = active && active !== region && region.contains(active);
  const focus = !inside ? "" : active.id ? `#${CSS.escape(active.id)}`
    : active.dataset.href ? `[data-href="${CSS.escape(active.dataset.href)}"]`
    : active.getAttribute("href") ? `[href="${CSS.escape(active.getAttribute("href"))}"]`
    : active.getAttribute("aria-label") ? `[aria-label="${CSS.escape(active.getAttribute("aria-label"))}"]` : "";
  const scrolls = [...region.querySelectorAll(".scroll")].map((s) => [s.scrollLeft, s.scrollTop]);
  return { focus, scrolls };
}

function inUse(region) {
  const active = document.activeElement;
  const typing = active && region.contains(active) && /^(INPUT|SELECT|TEXTAREA)$/.test(active.tagName);
  return typing || region.querySelector(".held, :popover-open") !== null;
}

function highlight(old, fresh) {
  const before = new Map([...old.querySelectorAll("[data-key]")].map((e) => [e.dataset.key, e.textContent]));
  if (!before.size) return;
  for (const e of fresh.querySelectorAll("[data-key]")) {
    const was = before.get(e.dataset.key);
    if (was === undefined ? e.tagName === "LI" : e.tagName !== "LI" && was !== e.textContent) e.classList.add("flash");
  }
}

function swap(fresh) {
  const old = document.getElementById(fresh.id);
  const html = fresh.innerHTML;
  if (!old || seen.get(fresh.id) === html) return;
  if (inUse(old)) {
    dirty = true;
    return;
  }
  seen.set(fresh.id, html);
  const { focus, scrolls } = remembered(old);
  highlight(old, fresh);
  const region = document.importNode(fresh, true);
  old.replaceWith(region);
  region.querySelectorAll(".scroll").forEach((s, i) => {
    if (scrolls[i]) [s.scrollLeft, s.scrollTop] = scrolls[i];
  });
  if (window.htmx) window.htmx.process(region);
  document.dispatchEvent(new CustomEvent("taktnet:swap", { detail: region }));
  if (focus) region.querySelector(focus)?.focus({ preventScroll: true });
}

export async function refresh() {
  clearTimeout(timer);
  timer = 0;
  if (busy) {
    dirty = true;
    return;
  }
  busy = true;
  dirty = false;
  const start = performance.now();
  last = Date.now();
  try {
    const answer = await fetch(location.href, { cache: "no-store", headers: { "X-Taktnet-Live": "1" } });
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      page.querySelectorAll("[data-live]").forEach(swap);
      document.body.dataset.seq = page.body.dataset.seq;
    }
  } catch {
    dirty = true; // the stream notices that the server is away and comes back to this
  }
  cost = performance.now() - start;
  last = Date.now();
  busy = false;
  plan(dirty ? 0 : IDLE_MS);
}

function plan(wait) {
  const pause = Math.max(LEAST_MS, 4 * cost) - (Date.now() - last);
  const due = Math.max(wait, pause, 0);
  if (timer && wait) return;
  clearTimeout(timer);
  timer = setTimeout(refresh, due);
}

function heard(event) {
  lastGood = Date.now();
  const news = document.querySelector("[data-news]");
  if (news) {
    const count = Number(event.lastEventId) - Number(document.body.dataset.first);
    news.hidden = !(count > 0);
    news.firstElementChild.textContent = `${count.toLocaleString("en")} new event${count === 1 ? "" : "s"}`;
  }
  if (dirty) return;
  dirty = true;
  if (!busy) plan(0);
}

function open() {
  const address = document.body.dataset.stream;
  if (!address || stream) return;
  stream = new EventSource(`${address}&after=${document.body.dataset.seq}`);
  stream.onopen = () => {
    lost = 0;
    lastGood = Date.now();
    show("live");
    plan(0);
  };
  stream.onmessage = heard;
  stream.onerror = () => {
    lost ||= Date.now();
    show(Date.now() - lost > STALE_MS ? "stale" : "reconnecting");
    if (stream && stream.readyState === EventSource.CLOSED) close();
  };
}

function close() {
  stream?.close();
  stream = null;
}

function watch() {
  if (document.hidden) {
    hidden ||= Date.now();
    if (stream && Date.now() - hidden > HIDDEN_MS) {
      close();
      show("paused");
    }
    return;
  }
  hidden = 0;
  if (!stream && !busy) {
    lost ||= Date.now();
    refresh().then(open); // the record may have begun anew; the page tells where it stands
  }
  if (stream && stream.readyState === EventSource.OPEN) lastGood = Date.now();
  else if (lost && Date.now() - lost > STALE_MS) show("stale");
}

export function start() {
  document.body.dataset.first = document.body.dataset.seq;
  for (const region of document.querySelectorAll("[data-live]")) seen.set(region.id, region.innerHTML);
  if (!document.body.dataset.stream) {
    mark?.remove();
    return;
  }
  open();
  setInterval(watch, 1000);
  document.addEventListener("visibilitychange", watch);
  addEventListener("pagehide", close);
  addEventListener("pageshow", (e) => e.persisted && open());
}
