// Approving or declining holds for five seconds, in which it can be undone; then it is sent.
import { refresh } from "./live.js";

const HOLD_MS = 5000;
const toasts = document.getElementById("toasts");
const held = new Map();

function toast(text, undo) {
  const box = document.createElement("div");
  box.className = "toast";
  const says = document.createElement("span");
  says.textContent = text;
  box.append(says);
  if (undo) {
    const button = document.createElement("button");
    button.className = "btn";
    button.type = "button";
    button.textContent = "Undo";
    button.addEventListener("click", undo);
    box.append(button);
  }
  toasts.append(box);
  return box;
}

function say(text) {
  const box = toast(text);
  setTimeout(() => box.remove(), 6000);
}

async function send(action, keepalive = false) {
  const entry = held.get(action);
  if (!entry) return;
  held.delete(action);
  clearTimeout(entry.timer);
  entry.box.remove();
  try {
    const answer = await fetch(action, { method: "POST", keepalive, body: entry.data, headers: { "X-Taktnet-Live": "1" } });
    if (!answer.ok) {
      entry.place.classList.remove("held");
      const told = await answer.json().catch(() => ({}));
      say(told.detail ?? `Not done: the server answered ${answer.status}`);
    }
  } catch {
    entry.place.classList.remove("held");
    say("Not done: the server cannot be reached");
  }
  entry.place.classList.remove("held");
  refresh();
}

function submitted(e) {
  const form = e.target;
  if (!form.matches("form[data-answer]")) return;
  e.preventDefault();
  const button = e.submitter;
  const action = button?.getAttribute("formaction") ?? form.getAttribute("action");
  if (held.has(action)) return;
  const place = form.closest("li, tr");
  place.classList.add("held");
  const undo = () => {
    const entry = held.get(action);
    if (!entry) return;
    clearTimeout(entry.timer);
    held.delete(action);
    entry.box.remove();
    place.classList.remove("held");
    form.querySelector("button")?.focus();
  };
  const box = toast(button?.dataset.answer ?? form.dataset.answer, undo);
  const data = new URLSearchParams(new FormData(form));
  held.set(action, { box, data, place, timer: setTimeout(() => send(action), HOLD_MS) });
}

export function start() {
  document.addEventListener("submit", submitted);
  addEventListener("pagehide", () => [...held.keys()].forEach((action) => send(action, true)));
}
