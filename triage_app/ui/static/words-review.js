// Words of the reading and the worklist, beside those in words.js.
export const REVIEW = {
  add: "Add the pathologist's report (PDF)",
  tooLarge: (mb) => `The file is larger than ${mb} MB. Export a smaller copy.`,
  sending: "Sending…",
  unsaved: "Your last edits of the case are not saved yet; see the line above the form.",
  unclear: "The server gave no clear answer. Reload the page to see whether it was stored.",
  noConnection: "There is no connection to the server. Nothing was stored. Try again.",
  keys: "Keys: j next, k previous",
  print: "Print this list",
};
