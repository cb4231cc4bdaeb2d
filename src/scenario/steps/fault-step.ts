/** The step `fault`: something goes wrong with a link, or is put right; at the end of the scenario it is whole again. */
import { isWhole, type LinkFault } from '../../cni/link-fault.ts';
import type { LabHandle } from '../../lab/lab-handle.ts';
import { describeFault, type LinkSettings, parseLinkSettings } from '../../lab/link-settings.ts';
import type { LinkChange } from '../../lab/link-state.ts';
import type { StepOf } from '../definition/steps.ts';
import { type Performer, targetOf } from '../step-context.ts';

interface FaultyLink {
  readonly target: string;
  /** What is wrong with it, as the lab says. */
  readonly fault: LinkFault;
}

export const FAULT: Performer<StepOf<'fault'>, FaultyLink> = {
  command: ({ fault: { link, is } }) => ({
    text: ['podwire link', link, ...(typeof is === 'string' ? [WORDS[is]] : ['set', ...flags(is)])].join(' '),
  }),
  observe: async ({ fault: { link, is } }, context) => {
    const target = await targetOf(link, context);
    if (is !== 'whole') context.undo.push(() => heal(context.lab, target));
    const { fault } = await context.lab.changeLink(target, changeOf(is));
    return { target, fault };
  },
  judge: ({ fault: { is } }, { target, fault }) => ({
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
  }),
  repeats: () => false,
};

type Wanted = StepOf<'fault'>['fault']['is'];

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
