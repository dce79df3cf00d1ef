// A cursor over a chart's rows, by pointer and by arrow keys, with a line of text that says the row's figures.

/*
 * The spec has a `pointed` parameter (null or the x value of a row) and draws a rule at it. Plain wheel is left alone: it
 * scrolls the page.
 */
export function attachCursor({ view, box, rows, key, say, rest }) {
  const scale = view.scale("x");
  const half = typeof scale.bandwidth === "function" ? scale.bandwidth() / 2 : 0;
  const places = rows.map((row) => scale(row[key]) + half);
  let at = null;

  function show(position) {
    at = position;
    view.signal("pointed", position === null ? null : rows[position][key]).runAsync();
    say(position === null ? rest : rows[position]);
  }

  function nearest(left) {
    let best = 0;
    for (let position = 1; position < places.length; position += 1) {
      if (Math.abs(places[position] - left) < Math.abs(places[best] - left)) best = position;
    }
    return best;
  }

  function pointed(event) {
    const drawing = box.querySelector("svg");
    if (!drawing) return;
    const next = nearest(event.clientX - drawing.getBoundingClientRect().left - view.origin()[0]);
    if (next !== at) show(next);
  }

  const last = rows.length - 1;
  const steps = {
    ArrowLeft: () => Math.max(0, (at ?? last + 1) - 1),
    ArrowRight: () => Math.min(last, (at ?? last) + 1),
    PageUp: () => Math.max(0, (at ?? last) - 21),
    PageDown: () => Math.min(last, (at ?? last) + 21),
    Home: () => 0,
    End: () => last,
    Escape: () => null,
  };

  function pressed(event) {
    const step = steps[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    show(step());
  }

  // A chart is drawn again on a resize; its handlers are replaced, not added.
  box.cursorHandlers?.abort();
  box.cursorHandlers = new AbortController();
  const { signal } = box.cursorHandlers;
  box.tabIndex = 0;
  box.addEventListener("pointermove", pointed, { signal });
  box.addEventListener("pointerdown", pointed, { signal });
  box.addEventListener("pointerleave", () => show(null), { signal });
  box.addEventListener("keydown", pressed, { signal });
  box.addEventListener("blur", () => show(null), { signal });
  say(rest);
}
