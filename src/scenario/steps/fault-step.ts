/** The step `fault`: something goes wrong with a link, or is put right; at the end of the scenario it is whole again. */
import { describeFault, type LinkSettings, parseLinkSettings } from '../../lab/link-settings.ts';
import type { LinkChange } from '../../lab/link-state.ts';
import type { StepOf } from '../definition/steps.ts';
import { type Performer, targetOf } from '../step-context.ts';

export const FAULT: Performer<StepOf<'fault'>> = {
  command: ({ fault: { link, is } }) => ({
    text: ['podwire link', link, ...(typeof is === 'string' ? [WORDS[is]] : ['set', ...flags(is)])].join(' '),
  }),
  attempt: async ({ fault: { link, is } }, context) => {
    const target = await targetOf(link, context);
    if (is !== 'whole') context.undo.push(() => heal(context.lab, target));
    const { fault } = await context.lab.changeLink(target, changeOf(is));
    return { output: `The link of ${target}: ${describeFault(fault)}.`, checks: [], result: fault };
  },
  repeats: () => false,
};

const WORDS = { cut: 'cut', whole: 'heal' } as const;

function changeOf(is: StepOf<'fault'>['fault']['is']): LinkChange {
  if (is === 'whole') return { action: 'heal' };
  return is === 'cut' ? { action: 'cut' } : { action: 'set', fault: parseLinkSettings(settingsOf(is)) };
}

function settingsOf(is: Readonly<Record<string, string | number | undefined>>): LinkSettings {
  return Object.fromEntries(Object.entries(is).map(([name, value]) => [name, String(value)]));
}

function flags(is: Readonly<Record<string, string | number | undefined>>): string[] {
  return Object.entries(is).map(([name, value]) => `--${name} ${value}`);
}

/** A pod may have gone, and its link with it. */
async function heal(lab: Parameters<typeof FAULT.attempt>[1]['lab'], target: string): Promise<void> {
  const links = await lab.links();
  if (links.some((link) => link.target === target)) await lab.changeLink(target, { action: 'heal' });
}
