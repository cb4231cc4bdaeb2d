/** Work that is waited for only so long. What is given up is left to end by itself. */

export class OutOfTime extends Error {
  constructor() {
    super('it gave no result in its time');
  }
}

/** Resolves as `work` does; rejects at the deadline (milliseconds since the epoch), or when the signal aborts. */
export async function inTime<T>(work: Promise<T>, deadline: number, signal: AbortSignal): Promise<T> {
  const { promise: given, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new OutOfTime()), Math.max(1, deadline - Date.now()));
  try {
    return await unlessAborted(Promise.race([work, given]), signal);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves as `work` does; rejects when the signal aborts first. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: given, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(new Error('interrupted'));
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([work, given]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Resolves after a time, or as soon as the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}
