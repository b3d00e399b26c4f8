// The analysed crop with zoom, moving, and the overlay, which is off at first.
import { adoptStyle, element } from "/components/dom.js";
import { WORDS } from "/components/words.js";

const LARGEST = 8;
const STEP = 1.5;
const STYLE = `
  :host { display: block; }
  .stage { position: relative; overflow: hidden; aspect-ratio: 1; background: #1b242d; border-radius: 4px;
    touch-action: pan-y; cursor: grab; }
  .stage.zoomed { touch-action: none; }
  .stage:focus-visible { outline: 3px solid #0b5c7d; outline-offset: 2px; }
  .moved { position: absolute; inset: 0; transform-origin: 0 0; }
  img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; user-select: none;
    pointer-events: none; }
  .missing { position: absolute; inset: 0; display: grid; place-items: center; color: #fff; padding: 1rem; }
  .controls { display: flex; flex-wrap: wrap; gap: .4rem .5rem; align-items: center; margin-top: .5rem; }
  button { font: inherit; font-weight: 600; min-width: 44px; min-height: 44px; padding: 0 .7rem; cursor: pointer;
    border: 1px solid #8693a3; border-radius: 4px; background: #fff; color: #14212e; }
  button:focus-visible, input:focus-visible { outline: 3px solid #0b5c7d; outline-offset: 2px; }
  label { display: flex; flex: 1 1 12rem; align-items: center; gap: .6rem; min-height: 44px; font-weight: 600; }
  label.none { color: #48576a; font-weight: 400; }
  input { flex: 1; min-width: 4rem; height: 44px; margin: 0; accent-color: #0b5c7d; }
  output { min-width: 3rem; text-align: right; font-weight: 400; font-variant-numeric: tabular-nums; }
  .help { margin: .25rem 0 0; font-size: .8125rem; color: #48576a; }`;

class Viewer extends HTMLElement {
  static observedAttributes = ["crop", "overlay"];

  connectedCallback() {
    if (!this.shadowRoot) this.draw();
  }

  attributeChangedCallback() {
    if (this.shadowRoot) this.draw();
  }

  draw() {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    adoptStyle(root, STYLE);
    Object.assign(this, { zoom: 1, x: 0, y: 0, pointers: new Map() });
    this.moved = element("div", { class: "moved" });
    this.stage = element("div", { class: "stage", tabindex: 0, role: "img", "aria-label": this.getAttribute("alt") });
    this.stage.append(this.moved);
    this.moved.append(this.picture(this.getAttribute("crop")));
    root.replaceChildren(this.stage, this.controls(), element("p", { class: "help" }, WORDS.viewerHelp));
    this.listen();
  }

  picture(source) {
    const made = element("img", { src: source, alt: "", draggable: "false" });
    made.addEventListener("error", () =>
      this.stage.append(element("p", { class: "missing", role: "alert" }, WORDS.pictureMissing)),
    );
    return made;
  }

  controls() {
    return element(
      "div",
      { class: "controls" },
      this.button("−", WORDS.zoomOut, () => this.zoomBy(1 / STEP)),
      this.button("+", WORDS.zoomIn, () => this.zoomBy(STEP)),
      this.button(WORDS.zoomReset, WORDS.zoomReset, () => this.place(1, 0, 0)),
      this.overlayControl(),
    );
  }

  overlayControl() {
    if (this.getAttribute("overlay")) return this.opacity();
    return element("label", { class: "none" }, this.hasAttribute("plain") ? "" : WORDS.overlayNone);
  }

  button(text, label, action) {
    const made = element("button", { type: "button", "aria-label": label, title: label }, text);
    made.addEventListener("click", action);
    return made;
  }

  opacity() {
    const slider = element("input", { type: "range", min: 0, max: 100, step: 5, value: 0 });
    const said = element("output", {}, WORDS.overlayOff);
    slider.addEventListener("input", () => {
      const value = Number(slider.value);
      // Loaded when first wanted: off means off.
      this.overlay ??= this.moved.appendChild(this.picture(this.getAttribute("overlay")));
      this.overlay.style.opacity = value / 100;
      said.textContent = value ? `${value} %` : WORDS.overlayOff;
    });
    this.overlay = null;
    return element("label", {}, WORDS.overlay, slider, said);
  }

  listen() {
    const stage = this.stage;
    stage.addEventListener("pointerdown", (event) => this.down(event));
    stage.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) {
      stage.addEventListener(end, (event) => this.pointers.delete(event.pointerId));
    }
    stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    stage.addEventListener("dblclick", (event) => this.zoomBy(STEP * STEP, this.at(event)));
    stage.addEventListener("keydown", (event) => this.key(event));
  }

  at(event) {
    const box = this.stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  down(event) {
    this.stage.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.at(event));
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = this.at(event);
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const span = (p) => Math.hypot(p.x - other.x, p.y - other.y) || 1;
      this.zoomBy(span(now) / span(before), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
    } else {
      this.place(this.zoom, this.x + now.x - before.x, this.y + now.y - before.y);
    }
    this.pointers.set(event.pointerId, now);
  }

  // A plain wheel over an unzoomed picture scrolls the page, as everywhere else.
  wheel(event) {
    if (!event.ctrlKey && this.zoom === 1) return;
    event.preventDefault();
    this.zoomBy(event.deltaY < 0 ? 1.15 : 1 / 1.15, this.at(event));
  }

  key(event) {
    const steps = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    if (event.key === "+" || event.key === "=") this.zoomBy(STEP);
    else if (event.key === "-") this.zoomBy(1 / STEP);
    else if (event.key === "0") this.place(1, 0, 0);
    else if (event.key in steps && this.zoom > 1) {
      this.place(this.zoom, this.x + steps[event.key][0], this.y + steps[event.key][1]);
    } else return;
    event.preventDefault();
  }

  zoomBy(factor, centre = { x: this.stage.clientWidth / 2, y: this.stage.clientHeight / 2 }) {
    const zoom = Math.min(LARGEST, Math.max(1, this.zoom * factor));
    const ratio = zoom / this.zoom;
    this.place(zoom, centre.x - (centre.x - this.x) * ratio, centre.y - (centre.y - this.y) * ratio);
  }

  place(zoom, x, y) {
    const least = (length) => length * (1 - zoom);
    this.zoom = zoom;
    this.x = Math.min(0, Math.max(least(this.stage.clientWidth), x));
    this.y = Math.min(0, Math.max(least(this.stage.clientHeight), y));
    this.moved.style.transform = `translate(${this.x}px, ${this.y}px) scale(${zoom})`;
    this.stage.classList.toggle("zoomed", zoom > 1);
    this.dataset.zoom = zoom.toFixed(2);
  }
}

customElements.define("triage-viewer", Viewer);
