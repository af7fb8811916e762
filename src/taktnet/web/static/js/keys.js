// By keyboard: / to search, arrows in lists of hits and in tables, Enter opens, Esc leaves.
const field = document.getElementById("q");
const hits = document.getElementById("hits");

function rows(body) {
  return [...body.querySelectorAll(":scope > tr[data-href]")];
}

export function prepare(root) {
  for (const body of root.querySelectorAll("table.rows tbody")) {
    rows(body).forEach((row, i) => row.setAttribute("tabindex", i ? "-1" : "0"));
  }
}

function step(row, key) {
  const all = rows(row.parentElement);
  const at = all.indexOf(row);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[key];
  const next = all[to];
  if (!next) return false;
  row.setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function along(key) {
  const links = [...hits.querySelectorAll("a")];
  const at = links.indexOf(document.activeElement);
  const to = key === "ArrowDown" ? at + 1 : at - 1;
  if (to < 0) field.focus();
  else links[to]?.focus();
  return links.length > 0;
}

function pressed(e) {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const target = e.target;
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
  const arrow = e.key === "ArrowDown" || e.key === "ArrowUp";
  if (e.key === "/" && !typing) {
    field.focus();
    field.select();
  } else if (e.key === "Escape" && (target === field || hits.contains(target))) {
    hits.replaceChildren();
    field.value = "";
    field.blur();
    document.getElementById("main").focus({ preventScroll: true });
  } else if (arrow && (target === field || hits.contains(target))) {
    if (!along(e.key)) return;
  } else if (target.matches("tr[data-href]") && (arrow || e.key === "Home" || e.key === "End")) {
    if (!step(target, e.key)) return;
  } else if (target.matches("tr[data-href]") && e.key === "Enter") {
    location.assign(target.dataset.href);
  } else return;
  e.preventDefault();
}

function clicked(e) {
  if (!hits.contains(e.target) && e.target !== field) hits.replaceChildren();
  const row = e.target.closest("tr[data-href]");
  if (!row || e.target.closest("a, button, form, input, select") || getSelection().toString()) return;
  if (e.metaKey || e.ctrlKey) window.open(row.dataset.href, "_blank", "noopener");
  else location.assign(row.dataset.href);
}

export function start() {
  prepare(document);
  document.addEventListener("keydown", pressed);
  document.addEventListener("click", clicked);
  document.addEventListener("taktnet:swap", (e) => prepare(e.detail.parentElement ?? e.detail));
  document.addEventListener("htmx:afterSettle", (e) => prepare(e.target.parentElement ?? document));
}
