// Zooming and moving of a picture inside its stage, by pointer, wheel and key.

const LARGEST = 8;
export const STEP = 1.5;
const MOVED_BY_KEY = 60;

// One picture. Places are shares of the stage's size, so that they hold when the stage changes its
// size, and so that two stages can show the same part of two pictures.
export class Zoom {
  constructor(stage, moved) {
    Object.assign(this, { stage, moved, zoom: 1, x: 0, y: 0 });
  }

  place(zoom, x, y) {
    this.zoom = Math.min(LARGEST, Math.max(1, zoom));
    this.x = Math.min(0, Math.max(1 - this.zoom, x));
    this.y = Math.min(0, Math.max(1 - this.zoom, y));
    this.moved.style.transform = `translate(${100 * this.x}%, ${100 * this.y}%) scale(${this.zoom})`;
    this.stage.classList.toggle("zoomed", this.zoom > 1);
  }

  by(factor, centre = { x: 0.5, y: 0.5 }) {
    const zoom = Math.min(LARGEST, Math.max(1, this.zoom * factor));
    const ratio = zoom / this.zoom;
    this.place(zoom, centre.x - (centre.x - this.x) * ratio, centre.y - (centre.y - this.y) * ratio);
  }

  shift(x, y) {
    this.place(this.zoom, this.x + x, this.y + y);
  }

  whole() {
    this.place(1, 0, 0);
  }
}

// Joins a stage to its steps: `apply` is given a function that acts on one Zoom, and decides on
// which ones it acts.
export function listen(stage, zoom, apply) {
  const pointers = new Map();
  stage.addEventListener("pointerdown", (event) => {
    stage.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, at(stage, event));
  });
  stage.addEventListener("pointermove", (event) => drag(stage, pointers, event, apply));
  for (const end of ["pointerup", "pointercancel"]) {
    stage.addEventListener(end, (event) => pointers.delete(event.pointerId));
  }
  stage.addEventListener("wheel", (event) => wheel(stage, zoom, event, apply), { passive: false });
  stage.addEventListener("dblclick", (event) => apply((one) => one.by(STEP * STEP, at(stage, event))));
  stage.addEventListener("keydown", (event) => key(stage, zoom, event, apply));
}

function at(stage, event) {
  const box = stage.getBoundingClientRect();
  return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
}

function drag(stage, pointers, event, apply) {
  const before = pointers.get(event.pointerId);
  if (!before) return;
  const now = at(stage, event);
  const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
  if (other) {
    const span = (p) => Math.hypot(p.x - other.x, p.y - other.y) || 1;
    const centre = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
    apply((one) => one.by(span(now) / span(before), centre));
  } else {
    apply((one) => one.shift(now.x - before.x, now.y - before.y));
  }
  pointers.set(event.pointerId, now);
}

// A plain wheel over an unzoomed picture scrolls the page, as everywhere else.
function wheel(stage, zoom, event, apply) {
  if (!event.ctrlKey && zoom.zoom === 1) return;
  event.preventDefault();
  const factor = event.deltaY < 0 ? 1.15 : 1 / 1.15;
  apply((one) => one.by(factor, at(stage, event)));
}

function key(stage, zoom, event, apply) {
  const steps = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  if (event.key === "+" || event.key === "=") apply((one) => one.by(STEP));
  else if (event.key === "-") apply((one) => one.by(1 / STEP));
  else if (event.key === "0") apply((one) => one.whole());
  else if (event.key in steps && zoom.zoom > 1) {
    const [x, y] = steps[event.key].map((step) => (step * MOVED_BY_KEY) / stage.clientWidth);
    apply((one) => one.shift(x, y));
  } else return;
  event.preventDefault();
}
