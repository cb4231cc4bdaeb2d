/** Ages as kubectl prints them (Kubernetes' duration.HumanDuration): two units at most, the coarser the older. Pure. */

/** `45s`, `3m20s`, `25m`, `7h15m`, `3d4h`, `120d`, `2y30d`. `milliseconds` may be slightly negative (clocks differ). */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 192) return two(days, 'd', hours % 24, 'h');
  if (days < 730) return `${days}d`;
  if (days < 2920) return two(Math.trunc(days / 365), 'y', days % 365, 'd');
  return `${Math.trunc(days / 365)}y`;
}

function two(large: number, unit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${unit}` : `${large}${unit}${small}${smallUnit}`;
}

/** Age of an RFC 3339 instant at `now` (ms); `<unknown>` without one. */
export function age(since: string | undefined, now: number): string {
  return since === undefined ? '<unknown>' : humanDuration(now - Date.parse(since));
}
