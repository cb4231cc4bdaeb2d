/** The step `fault`: something goes wrong with a link or a kube-proxy, or is put right; at the end of the scenario it is whole again. */
import { isWhole, type LinkFault } from '../../cni/link-fault.ts';
import type { LabHandle } from '../../lab/lab-handle.ts';
import { describeFault, type LinkSettings, parseLinkSettings } from '../../lab/link-settings.ts';
import type { LinkChange } from '../../lab/link-state.ts';
import type { StepOf } from '../definition/steps.ts';
import { type Performer, type StepContext, targetOf, type Verdict } from '../step-context.ts';

interface FaultyLink {
  readonly target: string;
  /** What is wrong with it, as the lab says. */
  readonly fault: LinkFault;
}

/** The nodes whose kube-proxy is stopped. */
type Stopped = readonly string[];

type Fault = StepOf<'fault'>['fault'];
type OfKubeProxy = Extract<Fault, { readonly kubeProxy: string }>;
type OfLink = Exclude<Fault, OfKubeProxy>;

export const FAULT: Performer<StepOf<'fault'>, FaultyLink | Stopped> = {
  command: ({ fault }) => ({ text: 'link' in fault ? linkLine(fault) : kubeProxyLine(fault) }),
  observe: ({ fault }, context) => ('link' in fault ? changeLink(fault, context) : runKubeProxy(fault, context)),
  judge: ({ fault }, observed) =>
    'link' in fault ? judgeLink(fault, observed as FaultyLink) : judgeKubeProxy(fault, observed as Stopped),
  repeats: () => false,
};

function kubeProxyLine({ kubeProxy, is }: OfKubeProxy): string {
  return `podwire kube-proxy ${is === 'stopped' ? 'stop' : 'start'} --node ${kubeProxy}`;
}

async function runKubeProxy({ kubeProxy, is }: OfKubeProxy, { lab, undo, snapshot }: StepContext): Promise<Stopped> {
  if (is === 'stopped') undo.push(async () => void (await lab.runKubeProxy('running', kubeProxy)));
  await lab.runKubeProxy(is, kubeProxy);
  return (await snapshot()).nodes.flatMap(({ name, proxy }) => (proxy.stopped === true ? [name] : []));
}

function judgeKubeProxy({ kubeProxy, is }: OfKubeProxy, stopped: Stopped): Verdict {
  const observed = stopped.includes(kubeProxy) ? 'stopped' : 'running';
  const what = `kube-proxy on ${kubeProxy}`;
  return {
    output: `${what}: ${observed}.`,
    checks: [{ expected: `${what}: ${is}`, observed, held: observed === is, implied: true }],
  };
}

function linkLine({ link, is }: OfLink): string {
  return ['podwire link', link, ...(typeof is === 'string' ? [WORDS[is]] : ['set', ...flags(is)])].join(' ');
}

async function changeLink({ link, is }: OfLink, context: StepContext): Promise<FaultyLink> {
  const target = await targetOf(link, context);
  if (is !== 'whole') context.undo.push(() => heal(context.lab, target));
  const { fault } = await context.lab.changeLink(target, changeOf(is));
  return { target, fault };
}

function judgeLink({ is }: OfLink, { target, fault }: FaultyLink): Verdict {
  return {
    output: `The link of ${target}: ${describeFault(fault)}.`,
    checks: [
      {
        expected: `the link of ${target}: ${describeFault(faultOf(is))}`,
        observed: describeFault(fault),
        held: isSo(is, fault),
        implied: true,
      },
    ],
    result: fault,
  };
}

type Wanted = OfLink['is'];

const WORDS = { cut: 'cut', whole: 'heal' } as const;

function faultOf(is: Wanted): LinkFault {
  if (typeof is !== 'string') return parseLinkSettings(settingsOf(is));
  return is === 'cut' ? { cut: true } : {};
}

/** What was wrong with the link before may still be. */
function isSo(is: Wanted, fault: LinkFault): boolean {
  if (is === 'whole') return isWhole(fault);
  return Object.entries(faultOf(is)).every(([name, value]) => fault[name as keyof LinkFault] === value);
}

function changeOf(is: Wanted): LinkChange {
  if (is === 'whole') return { action: 'heal' };
  return is === 'cut' ? { action: 'cut' } : { action: 'set', fault: faultOf(is) };
}

function settingsOf(is: Readonly<Record<string, string | number | undefined>>): LinkSettings {
  return Object.fromEntries(Object.entries(is).map(([name, value]) => [name, String(value)]));
}

function flags(is: Readonly<Record<string, string | number | undefined>>): string[] {
  return Object.entries(is).map(([name, value]) => `--${name} ${value}`);
}

/** A pod may have gone, and its link with it. */
async function heal(lab: LabHandle, target: string): Promise<void> {
  const links = await lab.links();
  if (links.some((link) => link.target === target)) await lab.changeLink(target, { action: 'heal' });
}
