// Words of the batch page's own element.
const minutes = (seconds) => {
  if (seconds < 90) return `${Math.round(seconds)} seconds`;
  return `${Math.round(seconds / 60)} minutes`;
};
const images = (count) => (count === 1 ? "1 image" : `${count} images`);

export const BATCH = {
  chooseFolder: "Choose folder",
  sending: (sent, total) => `Sent ${sent} of ${images(total)}. Keep this page open until all are sent.`,
  allSent: (total) => `All ${images(total)} sent. You may close this page: the work goes on.`,
  leftOut: (count) => `${count === 1 ? "1 file is no image and was" : `${count} files are no images and were`} left out.`,
  busy: (seconds) => `The server is busy. Trying again in ${minutes(seconds)}.`,
  again: (seconds) => `No connection. Trying again in ${minutes(seconds)}.`,
  unreadable: "The file cannot be read any more. Look whether it was moved, then choose it again.",
  progress: (done, total) => `${done} of ${total} images done`,
  failed: (count) => `${images(count)} could not be used`,
  pace: (rate, seconds) => `${rate} a minute, about ${minutes(seconds)} left`,
  paused: (sentence) => `Standing still: ${sentence}`,
  failures: "Images that could not be used",
  retry: "Try again",
  dismiss: "Dismiss",
  retryAll: "Try all again",
  dismissAll: "Dismiss all",
  stop: "Stop this batch",
  stopSure: "Dismiss the images that were not analysed yet? What was analysed stays.",
  stopYes: "Dismiss what waits",
  stopNo: "Go on",
  stopping: "Stopping…",
  stopped: "Stopped. Nothing of this batch was kept.",
  stopFailed: "The batch could not be stopped. Try again.",
  more: (count) => `and ${count} more`,
  unnamed: "Unnamed image",
};
