/** UDP flows that nobody has answered yet, by conntrack: somebody may be about to. They are forgotten after half a minute. Pure. */
import { hostPort } from '../../net/host-port.ts';
import type { IpFamily } from '../../net/ip.ts';
import type { Command } from './backend.ts';

export interface UnansweredFlow {
  /** `10.244.1.2:40000`, `[fd00::2]:40000` */
  readonly source: string;
  readonly destination: string;
  /** The port that an answer will come from. */
  readonly answeringPort: number;
}

/** The command whose output `unansweredFlows` reads. */
export function udpFlowListing(family: IpFamily): Command {
  return ['conntrack', '-L', '-f', `ipv${family}`, '-p', 'udp'];
}

/** Lines `udp 17 29 src=… dst=… sport=… dport=… [UNREPLIED] src=… dst=… sport=… dport=… …`. */
export function unansweredFlows(listing: string): UnansweredFlow[] {
  return listing.split('\n').flatMap((line) => {
    const [, source, destination, sourcePort, destinationPort, answeringPort] = UNANSWERED.exec(line) ?? [];
    if (source === undefined || destination === undefined) return [];
    return [
      {
        source: hostPort(source, Number(sourcePort)),
        destination: hostPort(destination, Number(destinationPort)),
        answeringPort: Number(answeringPort),
      },
    ];
  });
}

const UNANSWERED = /^udp .*? src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+) \[UNREPLIED\] src=\S+ dst=\S+ sport=(\d+) /;
