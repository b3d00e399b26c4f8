// Title, address and history of a page whose content Gradio swaps in place.

class Page extends HTMLElement {
  connectedCallback() {
    const title = this.dataset.title;
    document.title = title;
    // Gradio writes the application's own title once it has finished loading.
    new MutationObserver(() => {
      if (document.title !== title) document.title = title;
    }).observe(document.head, { childList: true, subtree: true, characterData: true });
  }
}

// Keeps the address equal to what the page shows, so that a reload shows the same.
class Address extends HTMLElement {
  static observedAttributes = ["data-query"];

  attributeChangedCallback() {
    show(this.dataset.query ?? "");
  }
}

export function show(query) {
  const wanted = query ? `?${query}` : "";
  if (wanted !== location.search) history.pushState(null, "", location.pathname + wanted);
}

// Back and forward within one page: load what the address says.
window.addEventListener("popstate", () => location.reload());
// The same, when it happened before this module was there.
const [arrival] = performance.getEntriesByType("navigation");
if (arrival && new URL(arrival.name).search !== location.search) location.reload();

customElements.define("triage-page", Page);
customElements.define("triage-address", Address);
