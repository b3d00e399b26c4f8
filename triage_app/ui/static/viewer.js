// The analysed crop with zoom, moving, and the overlay, which is off at first.
import { adoptStyle, element } from "/components/dom.js";
import { WORDS } from "/components/words.js";
import { listen, STEP, Zoom } from "/components/zoom.js";

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
    this.moved = element("div", { class: "moved" });
    this.stage = element("div", { class: "stage", tabindex: 0, role: "img", "aria-label": this.getAttribute("alt") });
    this.stage.append(this.moved);
    this.moved.append(this.picture(this.getAttribute("crop")));
    this.zoom = new Zoom(this.stage, this.moved);
    root.replaceChildren(this.stage, this.controls(), element("p", { class: "help" }, WORDS.viewerHelp));
    listen(this.stage, this.zoom, (act) => this.apply(act));
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
      this.button("−", WORDS.zoomOut, () => this.apply((one) => one.by(1 / STEP))),
      this.button("+", WORDS.zoomIn, () => this.apply((one) => one.by(STEP))),
      this.button(WORDS.zoomReset, WORDS.zoomReset, () => this.apply((one) => one.whole())),
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

  apply(act) {
    act(this.zoom);
    this.dataset.zoom = this.zoom.zoom.toFixed(2);
  }
}

customElements.define("triage-viewer", Viewer);
