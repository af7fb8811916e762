// What takes a while before a page can be shown: how far it is, a way to stop it, then the page.
const by = (id) => document.getElementById(id);
const { job, words } = by("wait").dataset;
const address = `/api/jobs/${encodeURIComponent(job)}`;
const stream = new EventSource(`${address}/events`);
const stop = by("wait-stop");

function ended(told) {
  stream.close();
  if (stop) stop.hidden = true;
  by("wait-bar").hidden = true;
  by("wait-words").textContent = told;
}

stream.addEventListener("progress", ({ data }) => {
  const { done, total } = JSON.parse(data);
  if (!total) return;
  by("wait-bar").max = total;
  by("wait-bar").value = done;
  by("wait-words").textContent = `${words}: ${Math.floor((100 * done) / total)} %.`;
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
if (stop) {
  stop.hidden = false;
  stop.addEventListener("click", () => {
    stop.disabled = true;
    fetch(address, { method: "DELETE" }).catch(() => { stop.disabled = false; });
  });
}
