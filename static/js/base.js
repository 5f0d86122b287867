// Small comforts on every page; without this script everything still works.
"use strict";
document.documentElement.classList.add("js");

document.addEventListener("DOMContentLoaded", () => {
  const menu = document.querySelector("#menu");
  const opener = document.querySelector(".menu-button");
  if (menu && opener) {
    opener.addEventListener("click", () => {
      opener.setAttribute("aria-expanded", String(menu.classList.toggle("open")));
    });
  }
  for (const button of document.querySelectorAll("button.help")) {
    const text = document.getElementById(button.getAttribute("aria-controls"));
    const show = (open) => {
      text.hidden = !open;
      button.setAttribute("aria-expanded", String(open));
    };
    show(false);
    button.addEventListener("click", () => show(text.hidden));
  }
});
