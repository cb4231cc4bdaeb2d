/** What is worth saying of a hop: where the packet changed, and what it is at either end of its way. Pure. */
import { describePacket, endpoint } from '../../../walk/describe-packet.ts';
import type { Hop } from '../../../walk/hops.ts';
import type { Packet } from '../../../walk/packet.ts';
import type { Language } from '../../localize.ts';

export interface Note {
  readonly kind: 'packet' | 'nat' | 'vxlan' | 'lost';
  readonly text: string;
}

const WORDS = {
  en: { undone: 'undone', lost: 'no answer seen' },
  zh: { undone: '还原', lost: '未见应答' },
} as const;

/** Notes of each hop, in their order. */
export function notesOf(hops: readonly Hop[], language: Language): Note[][] {
  const words = WORDS[language];
  const isLost = hops.every(({ way }) => way === 'there');
  return hops.map((hop, index) => {
    const sameWay = (other: Hop): boolean => other.way === hop.way;
    const before = hops.slice(0, index).findLast(sameWay);
    const isLast = !hops.slice(index + 1).some(sameWay);
    const wasTranslated = hops.slice(0, index + 1).some((each) => sameWay(each) && each.translations.length > 0);
    const notes = hop.translations.map(({ action, reversed, from, to }): Note => {
      const what = reversed ? `${action} ${words.undone}` : action;
      return { kind: 'nat', text: `${what}  ${from} → ${to}` };
    });
    if (hop.outer !== undefined && before?.outer === undefined)
      notes.push({ kind: 'vxlan', text: outerText(hop.outer) });
    if (before === undefined || (isLast && wasTranslated)) notes.push({ kind: 'packet', text: packetText(hop.packet) });
    if (isLost && isLast) notes.push({ kind: 'lost', text: `✗ ${words.lost}` });
    return notes;
  });
}

function outerText(packet: Packet): string {
  return `VXLAN vni ${packet.vxlan?.vni}  ${ends(packet)}`;
}

/** What an ICMP error is about is the packet that went there: no need to say it again. */
function packetText(packet: Packet): string {
  const [, what = ''] = /: ((?:TCP|UDP|ICMP|IP) .*?)(?: about .*)?$/.exec(describePacket(packet)) ?? [];
  return `${ends(packet)}  ${what}`;
}

function ends(packet: Packet): string {
  return `${endpoint(packet, 'source')} → ${endpoint(packet, 'destination')}`;
}
