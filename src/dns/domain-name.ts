/** Domain names as this server writes them: without a final dot; the root is empty. */

/** True for the zone itself and every name below it. Both in lower case. */
export function isWithin(name: string, zone: string): boolean {
  if (zone === '') return true;
  return name === zone || (name.endsWith(zone) && name[name.length - zone.length - 1] === '.');
}
