/** A time as the API writes it (metav1.Time): RFC 3339, whole seconds, UTC. `ms`: since the epoch; default now. */
export function timestamp(ms = Date.now()): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
