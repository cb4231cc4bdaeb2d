/**
 * The links of the lab and what is wrong with them: underlay links of nodes, gateway and hosts, links of pods. A fault is written
 * down before it is brought about, so that a daemon that takes over brings it about again.
 */
import { isWhole, type Link, type LinkFault, needsNetem, planLinkFault } from '../../cni/link-fault.ts';
import { probeCapabilities } from '../../kernel/capabilities.ts';
import { interfaceName, podVethName } from '../../net/interface-name.ts';
import type { Pod } from '../../objects/wire.ts';
import { LabError } from '../lab-error.ts';
import { checkFault } from '../link-settings.ts';
import type { LinkChange, LinkState } from '../link-state.ts';
import type { Recorder } from '../record.ts';
import { netnsOfPod } from '../snapshot.ts';
import { fabricOf } from './build-fabric.ts';
import type { DaemonContext } from './daemon-context.ts';
import { componentLogger } from './logger.ts';
import type { LabObserver } from './observe-lab.ts';
import { resolveTarget } from './resolve-target.ts';

const UPLINK = 'eth0';

/** A link by the name of whose it is; `uid` tells a pod from its successor of the same name. */
interface Named extends Omit<LinkState, 'fault'> {
  readonly uid: string;
}

interface Standing {
  readonly uid: string;
  readonly fault: LinkFault;
}

export class LabLinks {
  readonly #context: DaemonContext;
  readonly #observer: LabObserver;
  readonly #recorder: Recorder;
  readonly #faults = new Map<string, Standing>();
  /** One change after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(context: DaemonContext, observer: LabObserver, recorder: Recorder) {
    this.#context = context;
    this.#observer = observer;
    this.#recorder = recorder;
  }

  /** Every link there is, those of nodes and hosts first. */
  list(): LinkState[] {
    const { plan } = this.#context;
    const hosts = [...plan.nodes, plan.gateway, ...plan.hosts].map(({ name }) => this.#find(name));
    const pods = this.#observer.snapshots
      .current()
      .pods.map(({ namespace, name }) => this.#observer.findPod(`${namespace}/${name}`))
      .filter((pod) => pod !== undefined && pod.spec?.hostNetwork !== true && pod.status?.podIP !== undefined);
    return [...hosts, ...pods.map((pod) => this.#ofPod(pod!))].map((link) => this.#stateOf(link));
  }

  /** Changes a link; resolves with its new state. Throws a `LabError` for a name that has no link, and for what the kernel cannot do. */
  change(target: string, change: LinkChange): Promise<LinkState> {
    const turn = this.#last.then(() => this.#change(target, change));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Brings faults about that a former daemon has left; those of pods that are gone are forgotten. */
  async restore(): Promise<void> {
    for (const [target, standing] of this.#context.former?.recorded.linkFaults ?? []) {
      try {
        const link = this.#find(target);
        if (link.uid !== standing.uid) continue;
        await this.#apply(link, standing.fault);
        this.#faults.set(link.target, standing);
      } catch (error) {
        componentLogger('links').warn('a fault cannot be brought about again', { target, error: String(error) });
      }
    }
  }

  async #change(target: string, change: LinkChange): Promise<LinkState> {
    const link = this.#find(target);
    const before = this.#stateOf(link).fault;
    const fault = faultAfter(before, change);
    checkFault(fault);
    if (needsNetem(fault)) await demandNetem();
    const record = (is: LinkFault) =>
      this.#recorder.write([{ made: 'link-fault', target: link.target, uid: link.uid, fault: is }]);
    record(fault);
    try {
      await this.#apply(link, fault);
    } catch (error) {
      record(before);
      // Its own error would only hide the first one.
      await Promise.allSettled([this.#apply(link, before)]);
      throw error;
    }
    if (isWhole(fault)) this.#faults.delete(link.target);
    else this.#faults.set(link.target, { uid: link.uid, fault });
    return this.#stateOf(link);
  }

  async #apply(link: Link, fault: LinkFault): Promise<void> {
    for (const { netns, batches } of planLinkFault(link, fault)) await this.#context.kernel.run(netns, batches);
  }

  #stateOf({ uid, ...link }: Named): LinkState {
    const standing = this.#faults.get(link.target);
    return { ...link, fault: standing?.uid === uid ? standing.fault : {} };
  }

  #find(name: string): Named {
    const { plan } = this.#context;
    const found = resolveTarget(plan, name, this.#observer.findPod);
    if ('pod' in found) return this.#ofPod(found.pod);
    const { role } = fabricOf(plan).hosts.find(({ netns }) => netns === found.host.netns)!;
    return {
      target: found.host.name,
      kind: role,
      uid: '',
      near: { netns: found.host.netns, device: UPLINK },
      far: { netns: plan.fabric.netns, device: interfaceName(found.host.name) },
    };
  }

  #ofPod(pod: Pod): Named {
    const { plan } = this.#context;
    const { namespace = '', name = '', uid = '' } = pod.metadata ?? {};
    const node = plan.nodes.find((candidate) => candidate.name === pod.spec?.nodeName);
    if (node === undefined || pod.spec?.hostNetwork === true || pod.status?.podIP === undefined)
      throw new LabError({
        what: `the pod ${namespace}/${name} has no link of its own`,
        why:
          pod.spec?.hostNetwork === true
            ? `it stands on the network of its node ${pod.spec.nodeName}`
            : 'it has not been started yet',
        remedy: '`podwire link` lists the links there are',
      });
    return {
      target: `${namespace}/${name}`,
      kind: 'pod',
      uid,
      near: { netns: netnsOfPod(plan, pod), device: UPLINK },
      far: { netns: node.netns, device: podVethName(uid) },
    };
  }
}

function faultAfter(before: LinkFault, change: LinkChange): LinkFault {
  if (change.action === 'set') return { ...before, ...change.fault };
  return change.action === 'heal' ? {} : { ...before, cut: true };
}

async function demandNetem(): Promise<void> {
  const netem = (await probeCapabilities(['netem']))[0];
  if (netem?.status === 'ok') return;
  throw new LabError({
    what: 'this kernel cannot delay, lose or reorder packets of a link',
    why: `it has no netem: ${netem?.why ?? 'not found'}`,
    remedy: `${netem?.remedy ?? 'a kernel with CONFIG_NET_SCH_NETEM'}; or a lab inside User-mode Linux, whose kernel has it: podwire up --kernel uml`,
  });
}
