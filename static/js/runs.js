// Follows a run: each move that the server tells makes the page fetch its changed part; htmx polls besides.
"use strict";
(() => {
  let source = null;

  const follow = () => {
    const live = document.querySelector("#live[data-events]");
    if (!live || source) {
      return;
    }
    source = new EventSource(`${live.dataset.events}?after=${live.dataset.after}`);
    source.addEventListener("move", () => {
      const now = document.querySelector("#live");
      if (now) {
        htmx.trigger(now, "moved");
      }
    });
    source.addEventListener("end", stop);
  };

  const stop = () => {
    if (source) {
      source.close();
      source = null;
    }
  };

  document.addEventListener("DOMContentLoaded", follow);
  window.addEventListener("pagehide", stop);
})();
