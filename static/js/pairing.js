// The countdown of a pairing code, and the button that copies it.
"use strict";
(() => {
  const tick = () => {
    for (const shown of document.querySelectorAll(".countdown")) {
      const left = Math.max(0, Number(shown.dataset.seconds) - 1);
      shown.dataset.seconds = String(left);
      shown.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    }
  };

  const copy = async (event) => {
    const button = event.target.closest("button.copy");
    if (!button) {
      return;
    }
    const code = document.getElementById(button.dataset.copy);
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(code.textContent.trim());
      button.textContent = button.dataset.done;
    } else {
      window.getSelection().selectAllChildren(code);
    }
  };

  document.addEventListener("DOMContentLoaded", () => setInterval(tick, 1000));
  document.addEventListener("click", copy);
})();
