// The body map: marks of lesions, and a place to choose by pointer or keyboard.
import { nearestTo, placeAt } from "/components/bodymap-places.js";
import { adoptStyle, element } from "/components/dom.js";
import { PARTS, SEEN, SHEETS, SIDES, VIEWS, WORDS } from "/components/words-lesions.js";

const SHEET_OF = { front: "body", back: "body", head: "head", hands: "hands", feet: "feet" };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const NUDGE = 0.01;
const STYLE = `
  :host { display: block; max-width: 44rem; color: #14212e; }
  .tabs { display: flex; flex-wrap: wrap; gap: .35rem; margin-bottom: .5rem; }
  .tabs button { font: inherit; font-weight: 600; min-height: 44px; padding: 0 .9rem; cursor: pointer; border: 1px solid #8693a3;
    border-radius: 4px; background: #fff; color: inherit; }
  .tabs button[aria-selected=true] { background: #0b5c7d; border-color: #0b5c7d; color: #fff; }
  .tabs .count { font-weight: 400; }
  button:focus-visible, a:focus-visible { outline: 3px solid #0b5c7d; outline-offset: 2px; }
  .sheet { display: flex; gap: .5rem; justify-content: center; }
  .sheet[hidden] { display: none; }
  .view { position: relative; flex: 1 1 0; max-width: 22rem; }
  .sheet:not(.body) .view { max-width: 30rem; }
  .view > svg { display: block; width: 100%; height: auto; touch-action: manipulation; }
  .regions path { outline: none; }
  .pick .regions path { cursor: crosshair; }
  .pick .regions path[data-opens] { cursor: zoom-in; }
  .pick .regions path:hover { fill: #0b5c7d2e; }
  .regions path:focus-visible { fill: #0b5c7d59; stroke: #0b5c7d; stroke-width: 3; }
  .regions path.chosen { fill: #0b5c7d33; }
  .mark { position: absolute; width: 26px; height: 26px; margin: -13px 0 0 -13px; display: grid; place-items: center; color: #fff;
    text-decoration: none; font: 700 12px/1 system-ui, sans-serif; }
  .mark::before { content: ""; position: absolute; inset: 1px; z-index: -1; background: var(--level, #48576a); border: 2px solid #fff;
    border-radius: 50%; box-shadow: 0 0 0 1px #14212e66; }
  .mark { z-index: 1; }
  .mark:hover, .mark:focus-visible { z-index: 3; }
  .urgent { --level: #8f1420; } .review { --level: #7a4a00; } .routine { --level: #2c4a6e; } .cannot_assess { --level: #4b3f72; }
  .mark.review::before { border-radius: 2px; transform: rotate(45deg) scale(.8); }
  .mark.cannot_assess::before { border-radius: 2px; }
  .mark.urgent::before { border: 0; border-radius: 0; box-shadow: none; inset: -3px -3px 1px; clip-path: polygon(50% 0, 100% 100%, 0 100%); }
  .mark.urgent { padding-top: 6px; box-sizing: border-box; }
  .mark.here::after { content: ""; position: absolute; inset: -5px; border: 2px solid #14212e; border-radius: 50%; }
  .cross { position: absolute; z-index: 2; width: 20px; height: 20px; margin: -12px 0 0 -12px; pointer-events: none; border: 2px solid #fff; border-radius: 50%;
    box-shadow: 0 0 0 2px #a31621, inset 0 0 0 2px #a31621;
    background: linear-gradient(#a31621, #a31621) 50% 50% / 2px 60% no-repeat, linear-gradient(#a31621, #a31621) 50% 50% / 60% 2px no-repeat; }
  @media (max-width: 600px) { .body .words { font-size: 16px; } }
  .said { min-height: 1.4em; margin: .4rem 0 0; font-weight: 600; }
  .help { margin: .15rem 0 0; font-size: .875rem; color: #48576a; }`;

let drawing;
const load = () => (drawing ??= fetch("/components/bodymap.svg").then(read));

async function read(answer) {
  if (!answer.ok) throw new Error(answer.statusText);
  return new DOMParser().parseFromString(await answer.text(), "image/svg+xml");
}

// Name of a region, such as "Chest, left".
function named({ part, side, seen }, whole = false) {
  const words = [PARTS[part]];
  if (!(side === "midline" && ["head", "lips", "nose", "chin", "genital"].includes(part))) words.push(SIDES[side]);
  if (whole && seen) words.push(SEEN[seen]);
  return words.join(", ");
}

class BodyMap extends HTMLElement {
  // The page changes these in place when the server draws the map anew.
  static observedAttributes = ["data-lesions", "data-chosen", "data-pick"];

  connectedCallback() {
    if (!this.shadowRoot) this.attachShadow({ mode: "open" });
    this.later();
  }

  attributeChangedCallback(_name, before, now) {
    if (this.shadowRoot && before !== now) this.later();
  }

  // Once for all attributes that change together.
  later() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.redraw());
  }

  async redraw() {
    const root = this.shadowRoot;
    try {
      const parsed = await load();
      adoptStyle(root, parsed.querySelector("style").textContent + STYLE);
      this.draw(root, parsed);
    } catch {
      root.replaceChildren(element("p", { role: "alert" }, WORDS.unplaced));
    }
  }

  draw(root, parsed) {
    Object.assign(this, { views: {}, chosen: null, cross: null, pick: this.hasAttribute("data-pick") });
    this.said = element("p", { class: "said", role: "status" });
    this.lesions = JSON.parse(this.dataset.lesions || "[]");
    this.sheets = Object.fromEntries(Object.keys(SHEETS).map((name) => [name, this.sheet(name, parsed)]));
    this.tabs = element("div", { class: "tabs", role: "tablist", "aria-label": WORDS.sheets }, ...Object.keys(SHEETS).map((name) => this.tab(name)));
    const help = element("p", { class: "help" }, this.pick ? WORDS.pick : WORDS.look);
    root.replaceChildren(this.tabs, ...Object.values(this.sheets), this.said, help);
    for (const lesion of this.lesions) this.mark(lesion);
    const chosen = JSON.parse(this.dataset.chosen || "null");
    if (chosen) this.choose(this.views[chosen.view], chosen.x, chosen.y, { tell: false });
    const here = this.lesions.find((lesion) => lesion.here);
    this.open(SHEET_OF[chosen?.view ?? here?.view] ?? this.sheetOpen ?? "body");
  }

  sheet(name, parsed) {
    const views = Object.keys(SHEET_OF).filter((view) => SHEET_OF[view] === name);
    const made = element("div", { class: `sheet ${name}${this.pick ? " pick" : ""}`, role: "tabpanel", id: `sheet-${name}`, "aria-labelledby": `tab-${name}` });
    made.append(...views.map((view) => this.view(view, parsed)));
    return made;
  }

  view(name, parsed) {
    const svg = document.importNode(parsed.querySelector(`svg[data-view=${name}]`), true);
    for (const attribute of ["x", "y", "width", "height"]) svg.removeAttribute(attribute);
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-label", WORDS.drawing(VIEWS[name]));
    const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
    const view = { name, svg, width, height, regions: [...svg.querySelectorAll(".regions path")], skin: [...svg.querySelectorAll(".skin path")] };
    view.place = element("div", { class: "view" }, svg);
    this.views[name] = view;
    if (this.pick) this.listen(view);
    return view.place;
  }

  listen(view) {
    view.regions.forEach((region, index) => {
      const name = named(region.dataset, true);
      region.setAttribute("role", "button");
      region.setAttribute("aria-label", region.dataset.opens ? WORDS.opens(named(region.dataset)) : name);
      region.setAttribute("tabindex", index ? -1 : 0);
    });
    view.svg.addEventListener("click", (event) => this.click(view, event));
    view.svg.addEventListener("keydown", (event) => this.key(view, event));
    view.svg.addEventListener("pointerover", (event) => this.hint(event.target));
    view.svg.addEventListener("pointerleave", () => this.hint(null));
    view.svg.addEventListener("focusin", (event) => this.hint(event.target));
  }

  hint(target) {
    const told = target?.dataset?.part ? named(target.dataset) : this.chosen ? WORDS.chosen(named(this.chosen.region.dataset)) : "";
    if (this.said.textContent !== told) this.said.textContent = told;
  }

  tab(name) {
    const count = this.lesions.filter((lesion) => SHEET_OF[lesion.view] === name).length;
    const made = element("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `sheet-${name}` }, SHEETS[name]);
    if (count) made.append(" ", element("span", { class: "count" }, `(${count})`));
    made.addEventListener("click", () => this.open(name));
    made.addEventListener("keydown", (event) => this.turn(event, name));
    return made;
  }

  turn(event, name) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const names = Object.keys(SHEETS);
    const next = names[(names.indexOf(name) + step + names.length) % names.length];
    this.open(next);
    this.shadowRoot.getElementById(`tab-${next}`).focus();
  }

  open(wanted) {
    this.sheetOpen = wanted;
    for (const [name, sheet] of Object.entries(this.sheets)) {
      sheet.hidden = name !== wanted;
      const tab = this.tabs.querySelector(`#tab-${name}`);
      tab.setAttribute("aria-selected", name === wanted);
      tab.tabIndex = name === wanted ? 0 : -1;
    }
  }

  mark(lesion) {
    const view = this.views[lesion.view];
    if (!view) return;
    const attributes = { class: `mark ${lesion.level ?? ""}${lesion.here ? " here" : ""}`, "aria-label": lesion.label, title: lesion.label };
    const made = lesion.here ? element("span", { ...attributes, role: "img" }) : element("a", { ...attributes, href: `/lesion?id=${lesion.id}` });
    made.append(String(lesion.number));
    this.put(made, view, lesion.x, lesion.y);
  }

  put(mark, view, x, y) {
    mark.style.left = `${100 * x}%`;
    mark.style.top = `${100 * y}%`;
    view.place.append(mark);
  }

  click(view, event) {
    const box = view.svg.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    const region = placeAt(view, x, y);
    if (!region) return;
    if (region.dataset.opens) this.enlarge(region);
    else this.choose(view, x, y);
  }

  // A head, hand or foot of the whole body is too small to be exact: its own drawing comes instead.
  enlarge(region) {
    const { opens, site, side } = region.dataset;
    this.open(opens);
    const regions = this.views[opens].regions;
    this.focusOn(this.views[opens], regions.find((other) => other.dataset.site === site && other.dataset.side === side) ?? regions[0]);
  }

  key(view, event) {
    const region = event.target.closest("[data-part]");
    if (!region) return;
    if (event.key === "Enter" || event.key === " ") {
      if (region.dataset.opens) this.enlarge(region);
      else this.choose(view, ...this.middle(view, region));
    } else if (event.key in ARROWS) {
      const [right, down] = ARROWS[event.key];
      if (event.shiftKey) this.nudge(view, right * NUDGE, down * NUDGE);
      else this.focusOn(view, nearestTo(view.regions, region, right, down));
    } else return;
    event.preventDefault();
  }

  middle(view, region) {
    const [x, y] = region.dataset.at.split(" ").map(Number);
    return [x / view.width, y / view.height];
  }

  focusOn(view, region) {
    if (!region) return;
    for (const other of view.regions) other.setAttribute("tabindex", other === region ? 0 : -1);
    region.focus();
  }

  nudge(view, dx, dy) {
    if (this.chosen?.view !== view) return;
    const [x, y] = [this.chosen.x + dx, this.chosen.y + dy];
    const region = placeAt(view, x, y);
    if (!region || region.dataset.opens) return;
    this.choose(view, x, y);
    this.focusOn(view, region);
  }

  choose(view, x, y, { tell = true } = {}) {
    const region = view && placeAt(view, x, y);
    this.shadowRoot.querySelector(".chosen")?.classList.remove("chosen");
    this.cross ??= element("span", { class: "cross", role: "img", "aria-label": WORDS.mark });
    if (!view) return;
    this.put(this.cross, view, x, y);
    if (!region) return;
    region.classList.add("chosen");
    this.chosen = { view, x, y, region };
    this.hint(null);
    if (!tell) return;
    const { site, side, part } = region.dataset;
    const detail = { view: view.name, x: round(x), y: round(y), site, laterality: side, part };
    this.dispatchEvent(new CustomEvent("triage-place", { bubbles: true, composed: true, detail }));
  }
}

const round = (share) => Math.round(share * 10_000) / 10_000;

customElements.define("triage-body-map", BodyMap);
