/**
 * One tcpdump in one namespace: when it listens, what it saw, when it has caught up, how it ends. Knows tcpdump's
 * words on stderr and nothing of flows.
 */
import type { Kernel, KernelProcess } from '../kernel/kernel.ts';
import { decodeNetwork } from './decode.ts';
import type { Capture, CapturedPacket, CapturePoint } from './hops.ts';
import { PcapReader } from './pcap.ts';
import { LINKTYPE_SLL2, readCooked } from './sll2.ts';

/**
 * Immediate mode: else the kernel hands packets over in blocks and one not yet full is lost when tcpdump ends.
 * Nanoseconds: forwarding between two devices takes less than a microsecond. The snapshot length sizes each slot of
 * the ring: with tcpdump's default of 256 KiB only eight packets fit, and the ninth of a burst is dropped.
 */
const TCPDUMP = [
  ...['tcpdump', '-i', 'any', '-y', 'LINUX_SLL2', '-n', '-U', '--immediate-mode'],
  ...['-s', '2048', '-B', '4096', '--time-stamp-precision=nano', '-w', '-'],
] as const;
const COUNTS = /(\d+) packets? captured, (\d+) packets? received by filter, (\d+) packets? dropped by kernel/;

export class NamespaceCapture {
  readonly point: CapturePoint;
  readonly #kernel: Pick<Kernel, 'read' | 'spawn'>;
  readonly #process: KernelProcess;
  readonly #reader = new PcapReader();
  readonly #packets: { ifindex: number; captured: Omit<CapturedPacket, 'device'> }[] = [];
  readonly #devices = new Map<number, string>();
  #seen = 0;
  #stderr = '';
  #failure: Error | undefined;
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(kernel: Pick<Kernel, 'read' | 'spawn'>, point: CapturePoint) {
    this.point = point;
    this.#kernel = kernel;
    this.#process = kernel.spawn(point.netns, TCPDUMP);
    this.#process.stdout?.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString();
      this.#wake();
    });
    void this.#process.exited.then(() => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** Resolves when tcpdump listens. Rejects when it ends before (not installed, no permission). */
  async ready(deadline: number): Promise<void> {
    await this.#until(() => this.#stderr.includes('listening on'), deadline, 'tcpdump did not begin to listen');
    await this.#readDevices();
  }

  /** Resolves when every packet the kernel had passed to tcpdump before this call has been read. */
  async caughtUp(deadline: number): Promise<void> {
    const from = this.#stderr.length;
    // tcpdump answers SIGUSR1 with its counts; `received` is the kernel's, whatever tcpdump has yet to read.
    this.#process.kill('SIGUSR1');
    const counts = (): RegExpExecArray | null => COUNTS.exec(this.#stderr.slice(from));
    await this.#until(() => counts() !== null, deadline, 'tcpdump did not report its counts');
    const [, , received, dropped] = counts()!;
    if (dropped !== '0') throw this.#error(`the kernel dropped ${dropped} packets: the capture has holes`);
    await this.#until(() => this.#seen >= Number(received), deadline, 'tcpdump did not catch up with the kernel');
  }

  /** Ends tcpdump and returns what it saw. */
  async stop(): Promise<Capture> {
    await this.#readDevices();
    this.#process.kill('SIGINT');
    await this.#process.exited;
    if (this.#failure !== undefined) throw this.#failure;
    const packets = this.#packets.map(({ ifindex, captured }) => ({
      ...captured,
      device: this.#devices.get(ifindex) ?? `if${ifindex}`,
    }));
    return { point: this.point, packets };
  }

  /** Ends tcpdump, whatever state it is in. */
  async abandon(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#process.exited;
  }

  #take(chunk: Buffer): void {
    if (this.#failure !== undefined) return;
    try {
      for (const { at, data } of this.#reader.push(chunk)) {
        if (this.#reader.linkType !== LINKTYPE_SLL2) throw new Error(`link type ${this.#reader.linkType}`);
        this.#seen += 1;
        const cooked = readCooked(data);
        if (cooked === undefined) continue;
        const { ifindex, direction, etherType, linkSource, network } = cooked;
        const link = linkSource === undefined ? {} : { linkSource };
        this.#packets.push({
          ifindex,
          captured: { at, direction, ...link, packet: decodeNetwork(etherType, network) },
        });
      }
    } catch (error) {
      this.#failure = this.#error(`unreadable capture: ${(error as Error).message}`);
    }
    this.#wake();
  }

  /** Adds the names of the devices there are now; those that have gone since keep theirs. */
  async #readDevices(): Promise<void> {
    const { stdout } = await this.#kernel.read(this.point.netns, ['ip', '-json', 'link', 'show']);
    const links = JSON.parse(stdout.trim() || '[]') as { ifindex?: number; ifname?: string }[];
    for (const { ifindex, ifname } of links) {
      if (ifindex !== undefined && ifname !== undefined) this.#devices.set(ifindex, ifname);
    }
  }

  async #until(holds: () => boolean, deadline: number, otherwise: string): Promise<void> {
    while (!holds()) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#ended) throw this.#error('tcpdump ended');
      const left = deadline - Date.now();
      if (left <= 0) throw this.#error(otherwise);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  #error(what: string): Error {
    const said = this.#stderr.trim().split('\n').at(-1) ?? '';
    return new Error(`capture in ${this.point.netns}: ${what}${said === '' ? '' : ` (${said})`}`);
  }
}
