// Who is in front of this page. Asked once when the page is loaded, then every minute, without
// keeping the session alive: when it has ended, the page and what it shows are left.

const OWNER = "triage-owner";
const EVERY_MS = 60_000;

export async function ask() {
  const answer = await fetch("/api/me");
  return answer.ok ? answer.json() : null;
}

// What an earlier person typed or searched in this window is not the present one's business.
function settle(person) {
  if (!person) return person;
  const before = sessionStorage.getItem(OWNER);
  if (before && before !== person.id) sessionStorage.clear();
  sessionStorage.setItem(OWNER, person.id);
  return person;
}

export function leave() {
  const here = location.pathname + location.search;
  location.replace(`/sign-in?next=${encodeURIComponent(here)}`);
}

// Gradio sends its own requests, so its answers are looked at here as well.
const plainFetch = window.fetch.bind(window);
window.fetch = async (...request) => {
  const answer = await plainFetch(...request);
  if (answer.status === 401) leave();
  return answer;
};

export const me = ask().then(settle, () => null);

setInterval(() => ask().catch(() => {}), EVERY_MS);
// A page that the browser kept in memory may be shown again after somebody else signed in.
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
