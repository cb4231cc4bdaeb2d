/** Turns the signals that ask a command to stop into an `AbortSignal`, so that the command can clean up first. */
export function abortOnSignal(signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']): AbortSignal {
  const abort = new AbortController();
  for (const signal of signals) process.on(signal, () => abort.abort());
  return abort.signal;
}

/** Aborted by those signals too, and when whoever reads the output has gone (`| head`). */
export function abortWhenUnread(output: NodeJS.WritableStream = process.stdout): AbortSignal {
  const unread = new AbortController();
  output.on('error', () => unread.abort());
  return AbortSignal.any([abortOnSignal(), unread.signal]);
}
