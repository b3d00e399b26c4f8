// Two images of one lesion: side by side, or one over the other with a slider between them.
import { adoptStyle, element } from "/components/dom.js";
import { WORDS } from "/components/words-lesions.js";
import { listen, STEP, Zoom } from "/components/zoom.js";

const MODES = { "side-by-side": WORDS.sideBySide, slider: WORDS.slider };
const STYLE = `
  :host { display: block; color: #14212e; }
  .bar { display: flex; flex-wrap: wrap; gap: .4rem .6rem; align-items: center; margin-bottom: .6rem; }
  .modes { display: flex; }
  button { font: inherit; font-weight: 600; min-width: 44px; min-height: 44px; padding: 0 .8rem; cursor: pointer; border: 1px solid #8693a3;
    border-radius: 4px; background: #fff; color: inherit; }
  .modes button:first-child { border-radius: 4px 0 0 4px; } .modes button + button { border-radius: 0 4px 4px 0; border-left: 0; }
  .modes button[aria-pressed=true] { background: #0b5c7d; border-color: #0b5c7d; color: #fff; }
  button:focus-visible, input:focus-visible, .stage:focus-visible { outline: 3px solid #0b5c7d; outline-offset: 2px; }
  label { display: flex; align-items: center; gap: .5rem; min-height: 44px; font-weight: 600; }
  input[type=checkbox] { width: 20px; height: 20px; margin: 0; accent-color: #0b5c7d; }
  .pictures { display: grid; grid-template-columns: 1fr 1fr; gap: .6rem; }
  figure { margin: 0; min-width: 0; }
  figcaption { display: flex; flex-wrap: wrap; gap: 0 .6rem; margin-bottom: .3rem; font-weight: 600; }
  .stage { position: relative; overflow: hidden; aspect-ratio: 1; background: #1b242d; border-radius: 4px; touch-action: pan-y; cursor: grab; }
  .stage.zoomed { touch-action: none; }
  .moved { position: absolute; inset: 0; transform-origin: 0 0; }
  img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; user-select: none; pointer-events: none; }
  .missing { position: absolute; inset: 0; display: grid; place-items: center; color: #fff; padding: 1rem; }
  .slider .pictures { grid-template-columns: 1fr; max-width: 44rem; margin: 0 auto; }
  .slider figure { grid-area: 1 / 1; }
  .slider .after { position: relative; z-index: 1; }
  .slider .after .stage { clip-path: inset(0 0 0 var(--split)); background: none; }
  .slider .after .stage .moved { background: #1b242d; }
  .slider .after figcaption { justify-content: flex-end; pointer-events: none; }
  .slider .after { pointer-events: none; } .slider .after .stage { pointer-events: auto; }
  .line, .cell { display: none; }
  .slider .line { display: block; position: absolute; top: 0; bottom: 0; left: var(--split); width: 3px; background: #fff; box-shadow: 1px 0 0 #14212e; }
  .slider .cell { display: block; grid-area: 1 / 1; position: relative; z-index: 2; pointer-events: none; }
  .grip { position: absolute; top: 50%; left: var(--split); width: 44px; height: 44px; margin-left: -22px; pointer-events: auto; touch-action: none; cursor: ew-resize;
    display: grid; place-items: center; border-radius: 50%; background: #fff; border: 2px solid #14212e; box-sizing: border-box; font-weight: 700; user-select: none; }
  .slide { display: none; }
  .slider .slide { display: block; width: 100%; max-width: 44rem; height: 44px; margin: .3rem auto 0; accent-color: #0b5c7d; }
  .help { margin: .4rem 0 0; font-size: .875rem; color: #48576a; }
  @media (max-width: 480px) { .pictures { gap: .25rem; } figcaption { font-size: .875rem; } }`;

class Compare extends HTMLElement {
  // The page changes these in place when other images are chosen.
  static observedAttributes = ["data-before", "data-after", "data-before-words", "data-after-words"];

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
    this.waiting = setTimeout(() => this.draw());
  }

  draw() {
    const root = this.shadowRoot;
    adoptStyle(root, STYLE);
    this.before = this.figure("before");
    this.after = this.figure("after");
    this.linked = element("input", { type: "checkbox", checked: true });
    this.slide = element("input", { class: "slide", type: "range", min: 0, max: 100, value: 50, "aria-label": WORDS.slide });
    this.slide.addEventListener("input", () => this.split());
    this.after.stage.append(element("span", { class: "line" }));
    this.pictures = element("div", { class: "pictures" }, this.before.figure, this.after.figure, this.cell());
    this.frame = element("div", {}, this.bar(), this.pictures, this.slide, element("p", { class: "help" }, WORDS.help));
    root.replaceChildren(this.frame);
    this.split();
    this.show(this.dataset.mode ?? "side-by-side");
  }

  figure(name) {
    const moved = element("div", { class: "moved" });
    const words = this.getAttribute(`data-${name}-words`) ?? "";
    const stage = element("div", { class: "stage", tabindex: 0, role: "img", "aria-label": words }, moved);
    const picture = element("img", { src: this.getAttribute(`data-${name}`), alt: "", draggable: "false" });
    picture.addEventListener("error", () => stage.append(element("p", { class: "missing", role: "alert" }, WORDS.missing)));
    moved.append(picture);
    const zoom = new Zoom(stage, moved);
    listen(stage, zoom, (act) => this.apply(zoom, act));
    const made = element("figure", { class: name }, element("figcaption", {}, words), stage);
    return { figure: made, stage, zoom };
  }

  // The same as the slider below, for a pointer.
  cell() {
    const grip = element("span", { class: "grip", "aria-hidden": "true" }, "↔");
    grip.addEventListener("pointerdown", (event) => grip.setPointerCapture(event.pointerId));
    grip.addEventListener("pointermove", (event) => {
      if (!grip.hasPointerCapture(event.pointerId)) return;
      const box = this.pictures.getBoundingClientRect();
      this.slide.value = (100 * (event.clientX - box.left)) / box.width;
      this.split();
    });
    return element("div", { class: "cell" }, grip);
  }

  bar() {
    this.modes = Object.entries(MODES).map(([mode, words]) => {
      const made = element("button", { type: "button", "data-mode": mode }, words);
      made.addEventListener("click", () => this.show(mode));
      return made;
    });
    const both = (act) => [this.before, this.after].forEach(({ zoom }) => act(zoom));
    return element(
      "div",
      { class: "bar" },
      element("div", { class: "modes", role: "group", "aria-label": WORDS.modes }, ...this.modes),
      this.button("−", WORDS.zoomOut, () => both((one) => one.by(1 / STEP))),
      this.button("+", WORDS.zoomIn, () => both((one) => one.by(STEP))),
      this.button(WORDS.whole, WORDS.whole, () => both((one) => one.whole())),
      element("label", {}, this.linked, WORDS.linked),
    );
  }

  button(text, label, action) {
    const made = element("button", { type: "button", "aria-label": label, title: label }, text);
    made.addEventListener("click", action);
    return made;
  }

  // A step on one picture is taken on both while they are linked.
  apply(zoom, act) {
    if (!this.linked.checked) return act(zoom);
    for (const { zoom: one } of [this.before, this.after]) act(one);
  }

  show(mode) {
    this.frame.className = mode;
    this.dataset.mode = mode;
    for (const made of this.modes) made.setAttribute("aria-pressed", made.dataset.mode === mode);
  }

  split() {
    this.frame.style.setProperty("--split", `${this.slide.value}%`);
  }
}

customElements.define("triage-compare", Compare);
