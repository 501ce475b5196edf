// Stepping through a timeline: keys, buttons, pointer, and the step in the address. Without it the page shows the same, row by row.
"use strict";
(() => {
  const root = document.documentElement;

  class Timeline {
    constructor(section) {
      this.section = section;
      this.panel = section.querySelector(".panel");
      this.rows = [...section.querySelectorAll(".pair")];
      this.current = null;
      section.classList.add("stepped");
      section.querySelector(".stepping").hidden = false;
      section.addEventListener("click", (event) => this.click(event));
      section.addEventListener("change", () => this.current?.scrollIntoView({ block: "nearest" }));
    }

    visible() {
      return this.rows.filter((row) => row.offsetParent !== null);
    }

    click(event) {
      const go = event.target.closest("[data-go]")?.dataset.go;
      if (go) {
        this.go(go, false);
        return;
      }
      if (event.target.closest(".close")) {
        this.close();
        return;
      }
      const row = event.target.closest(".pair");
      if (row && getSelection().isCollapsed) {
        if (event.target.closest("a.n")) event.preventDefault();
        this.choose(row, true);
      }
    }

    // Where a word leads from the chosen row.
    go(word, focus) {
      const rows = this.visible();
      const at = rows.indexOf(this.current);
      const marked = (row) => row.querySelector(".marked") !== null;
      const differs = (row) => !row.classList.contains("alike");
      const row = {
        first: () => rows[0],
        last: () => rows.at(-1),
        on: () => rows[Math.min(at + 1, rows.length - 1)],
        back: () => rows[Math.max(at - 1, 0)],
        mark: () => rows.slice(at + 1).find(marked) ?? (focus ? null : rows.find(marked)),
        unmark: () => rows.slice(0, Math.max(at, 0)).findLast(marked),
        difference: () => rows.find(differs),
      }[word]();
      if (row) this.choose(row, focus);
    }

    choose(row, focus) {
      // A step that tells nothing can be pointed at all the same.
      if (row.classList.contains("quiet")) {
        const all = this.section.querySelector("input.all");
        if (all) all.checked = true;
      }
      this.current?.classList.remove("current");
      this.current?.querySelectorAll("[aria-current]").forEach((a) => a.removeAttribute("aria-current"));
      this.current = row;
      row.classList.add("current");
      const links = [...row.querySelectorAll("a.n")];
      links.forEach((a) => a.setAttribute("aria-current", "step"));
      root.classList.add("chosen");
      this.show(row);
      history.replaceState(null, "", links[0].getAttribute("href"));
      if (focus) links[0].focus({ preventScroll: true });
      row.scrollIntoView({ block: "nearest" });
    }

    close() {
      this.panel.hidden = true;
      root.classList.remove("chosen");
      this.current?.querySelector("a.n").focus({ preventScroll: true });
    }

    // The machine at the step, once for each version.
    show(row) {
      const parts = [...row.querySelectorAll(":scope > .side")].map((side) => {
        const part = document.createElement("div");
        const head = part.appendChild(document.createElement("h3"));
        if (side.classList.contains("none")) {
          head.textContent = "no such step";
          head.className = "none";
          return part;
        }
        const text = (selector) => side.querySelector(selector).textContent.trim();
        const act = side.querySelector(".act").lastChild.textContent.trim();
        head.textContent = `${text(".version")}, step ${text(".n")}, ${text(".who")}: ${act}`;
        const machine = side.querySelector(".machine");
        if (machine) [...machine.children].slice(1).forEach((child) => part.append(child.cloneNode(true)));
        else part.append("It changes nothing that is shown. The page of the finding itself has the machine at every step.");
        return part;
      });
      this.panel.querySelector(".machines").replaceChildren(...parts);
      this.panel.hidden = false;
      // For those who hear the page: where they are, and what the step says in capitals.
      const said = [...parts].map((part) => part.firstChild.textContent);
      row.querySelectorAll(".mark").forEach((mark) => said.push(mark.textContent));
      this.panel.querySelector(".said").textContent = said.join("; ");
    }
  }

  const timelines = [...document.querySelectorAll(".timeline")].map((section) => new Timeline(section));

  const KEYS = { ArrowDown: "on", ArrowUp: "back", Home: "first", End: "last", j: "on", k: "back", n: "mark", p: "unmark" };

  document.addEventListener("keydown", (event) => {
    const opened = event.key === "Escape" && timelines.find((t) => t.section.contains(event.target) && !t.panel.hidden);
    if (opened) opened.close();
    const word = KEYS[event.key];
    if (!word || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    if (event.target.closest("input, textarea, select, .panel")) return;
    const inside = timelines.find((t) => t.section.contains(event.target));
    const letter = event.key.length === 1;
    // The arrows scroll the page unless a timeline has the focus; letters reach the only timeline from anywhere.
    const timeline = inside ?? (letter && timelines.length === 1 ? timelines[0] : null);
    if (!timeline || (letter && !timeline.section.querySelector(".letters input").checked)) return;
    event.preventDefault();
    timeline.go(word, true);
  });

  // The step that the address names, and whatever it is inside of.
  const arrive = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let box = target.closest("details"); box; box = box.parentElement.closest("details")) {
      if (!box.classList.contains("machine")) box.open = true;
    }
    const timeline = timelines.find((t) => t.section.contains(target));
    const row = target.closest(".pair");
    if (timeline && row) timeline.choose(row, true);
    else target.scrollIntoView();
  };
  addEventListener("hashchange", arrive);
  arrive();

  for (const button of document.querySelectorAll(".copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const code = button.previousElementSibling;
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "copied";
        setTimeout(() => (button.textContent = "copy"), 1500);
      } catch {
        getSelection().selectAllChildren(code);
      }
    });
  }
})();
