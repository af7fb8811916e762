// The colours of the style sheet, for what is drawn on canvas.
export const FONT = '"Inter", system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

export function colours() {
  const style = getComputedStyle(document.documentElement);
  return new Proxy({}, { get: (_, name) => style.getPropertyValue(`--${name}`).trim() });
}

export function onTheme(draw) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}

export function tip(title, lines) {
  const box = document.createElement("div");
  box.className = "tip";
  const head = document.createElement("b");
  head.textContent = title;
  box.append(head);
  for (const line of lines) {
    if (!line) continue;
    const span = document.createElement("span");
    span.textContent = line;
    box.append(span);
  }
  return box;
}

export function tooltip(c) {
  return { backgroundColor: c.surface, borderColor: c.line, borderWidth: 1, padding: [8, 12], textStyle: { color: c.ink, fontFamily: FONT }, extraCssText: "border-radius:8px;", transitionDuration: 0, confine: true };
}
