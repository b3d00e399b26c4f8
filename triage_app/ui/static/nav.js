// The links of the frame, the menu with the way out, and notes that stand on every page.
import { element } from "/components/dom.js";
import { me } from "/components/me.js";
import { signOut } from "/components/leave.js";
import { WORDS } from "/components/words.js";

const link = (page) => (place) =>
  element("a", { href: place.path, "aria-current": place.path === `/${page}` && "page" }, place.label);

class Nav extends HTMLElement {
  async connectedCallback() {
    const person = await me;
    if (!person || this.childElementCount) return;
    const page = this.dataset.page;
    const nav = element("nav", { "aria-label": this.dataset.label }, ...person.links.map(link(page)));
    this.append(nav, this.menu(person, page));
    document.addEventListener("click", (event) => this.contains(event.target) || this.close());
    this.addEventListener("keydown", (event) => event.key === "Escape" && this.close(true));
  }

  menu(person, page) {
    const summary = element("summary", { "aria-label": person.menu_label });
    summary.append(element("bdi", {}, person.name || WORDS.more), element("span", { "aria-hidden": "true" }, "▾"));
    const inside = element("div", { class: "panel" }, ...person.menu.map(link(page)));
    if (person.name) inside.append(this.wayOut(person));
    this.details = element("details", { class: "menu" }, summary, inside);
    return this.details;
  }

  wayOut(person) {
    const form = element("form", { method: "post", action: "/sign-out" });
    form.append(element("button", {}, person.sign_out));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      signOut(form);
    });
    return form;
  }

  close(focus = false) {
    if (!this.details?.open) return;
    this.details.open = false;
    if (focus) this.details.querySelector("summary").focus();
  }
}

class Notes extends HTMLElement {
  async connectedCallback() {
    const person = await me;
    if (!person || this.childElementCount) return;
    if (person.suspended) this.append(element("p", { class: "notice error", role: "alert" }, person.suspended));
    for (const note of person.notes) this.append(element("p", { class: "note" }, note));
  }
}

customElements.define("triage-nav", Nav);
customElements.define("triage-notes", Notes);
