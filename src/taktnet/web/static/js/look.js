// A past that is being folded: how far it is, a way to stop it, then the page itself.
const by = (id) => document.getElementById(id);
const address = `/api/jobs/${encodeURIComponent(by("look").dataset.job)}`;
const stream = new EventSource(`${address}/events`);
const stop = by("look-stop");

function ended(words) {
  stream.close();
  stop.hidden = by("look-bar").hidden = true;
  by("look-words").textContent = words;
}

stream.addEventListener("progress", ({ data }) => {
  const { done, total } = JSON.parse(data);
  if (!total) return;
  by("look-bar").max = total;
  by("look-bar").value = done;
  by("look-words").textContent = `The ledger is folded up to that time: ${Math.floor((100 * done) / total)} %.`;
});
stream.addEventListener("end", ({ data }) => {
  const { state, error } = JSON.parse(data);
  if (state === "cancelled") ended("Stopped. Reload to begin again.");
  else if (state === "failed") ended(`Not done: ${error}`);
  else {
    stream.close();
    location.reload();
  }
});
stream.onerror = () => {
  if (stream.readyState === EventSource.CLOSED) ended("The server is gone. Reload when it is back.");
};
stop.hidden = false;
stop.addEventListener("click", () => {
  stop.disabled = true;
  fetch(address, { method: "DELETE" }).catch(() => { stop.disabled = false; });
});
