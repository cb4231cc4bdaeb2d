/** Times as Go prints a `time.Time` (time.go, `String`): what kube-proxy's health pages have. */

/** `2026-11-20 19:43:56.123 +0000 UTC m=+12.345678901`; the last part counts from the start of the process. */
export function goTime(ms: number): string {
  if (ms === 0) return '0001-01-01 00:00:00 +0000 UTC';
  const [day, clock = ''] = new Date(ms).toISOString().split('T');
  const fraction = clock.slice(0, -1).replace(/\.?0+$/, '');
  const time = fraction.length < 8 ? clock.slice(0, 8) : fraction;
  const sinceStart = process.uptime() + (ms - Date.now()) / 1000;
  return `${day} ${time} +0000 UTC m=+${Math.max(0, sinceStart).toFixed(9)}`;
}
