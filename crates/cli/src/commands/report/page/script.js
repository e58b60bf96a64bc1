"use strict";
for (const box of document.querySelectorAll("[data-table]")) {
  const body = box.querySelector("tbody");
  const heads = [...box.querySelectorAll("thead th")];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    const isNumber = head.classList.contains("number");
    const key = (row) => row.cells[column].dataset.key;
    button.addEventListener("click", () => {
      const descends = head.ariaSort ? head.ariaSort === "ascending" : isNumber;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.ariaSort = descends ? "descending" : "ascending";
      const compare = isNumber
        ? (a, b) => Number(key(a) || -Infinity) - Number(key(b) || -Infinity)
        : (a, b) => key(a).localeCompare(key(b), undefined, { numeric: true });
      const rows = [...body.rows].sort(descends ? (a, b) => compare(b, a) : compare);
      body.append(...rows);
    });
  });
  const table = box.querySelector("table");
  const all = box.querySelector(".all");
  if (all) {
    all.hidden = false;
    table.classList.add("short");
    all.addEventListener("click", () => {
      table.classList.remove("short");
      all.hidden = true;
    });
  }
  const label = box.querySelector(".filter");
  if (!label) continue;
  label.hidden = false;
  const status = box.querySelector(".count");
  label.querySelector("input").addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    if (all) {
      table.classList.toggle("short", !wanted && !all.hidden);
      all.disabled = Boolean(wanted);
    }
    let shown = 0;
    for (const row of body.rows) {
      row.hidden = !row.textContent.toLowerCase().includes(wanted);
      shown += row.hidden ? 0 : 1;
    }
    status.textContent = wanted ? `${shown} of ${body.rows.length} rows` : "";
  });
}
