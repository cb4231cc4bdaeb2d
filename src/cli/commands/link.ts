/** `podwire link [TARGET cut|heal|set]`: faults on any link of the lab. */
import { DaemonClient } from '../../lab/daemon-client.ts';
import { findLab } from '../../lab/find-lab.ts';
import { LabError } from '../../lab/lab-error.ts';
import { describeFault, type LinkSettings, parseLinkSettings } from '../../lab/link-settings.ts';
import type { LinkChange, LinkState } from '../../lab/link-state.ts';
import { formatTable } from '../table.ts';

export type LinkAction = 'cut' | 'heal' | 'set';

export interface LinkOptions extends LinkSettings {
  readonly name: string;
  readonly output?: 'json';
}

/** Without a target lists all links. */
export async function linkCommand(
  target: string | undefined,
  action: LinkAction | undefined,
  options: LinkOptions,
): Promise<number> {
  const change = changeOf(target, action, options);
  const daemon = new DaemonClient(options.name, findLab(options.name).socket);
  const links = change === undefined ? await daemon.links() : [await daemon.changeLink(target!, change)];
  if (options.output === 'json')
    process.stdout.write(`${JSON.stringify(change === undefined ? links : links[0], null, 2)}\n`);
  else
    process.stdout.write(
      change === undefined ? tableOf(links) : `The link of ${links[0]!.target}: ${describeFault(links[0]!.fault)}.\n`,
    );
  return 0;
}

/** Undefined: nothing is to become of any. */
function changeOf(
  target: string | undefined,
  action: LinkAction | undefined,
  { name: _, output: __, ...settings }: LinkOptions,
): LinkChange | undefined {
  const fault = parseLinkSettings(settings);
  const isEmpty = Object.keys(fault).length === 0;
  if (target === undefined && isEmpty) return undefined;
  if (target === undefined) throw misused(target, '--rate and the like are for one link: its TARGET is missing');
  if (action === undefined) throw misused(target, 'what is to become of the link is missing');
  if (action !== 'set' && !isEmpty) throw misused(target, `--rate and the like go with set, not with ${action}`);
  if (action === 'set' && isEmpty) throw misused(target, 'set needs one of --rate, --mtu, --delay, --loss');
  return action === 'set' ? { action, fault } : { action };
}

function misused(target: string | undefined, why: string): LabError {
  const words = `podwire link ${target ?? 'TARGET'}`;
  return new LabError({
    what: target === undefined ? 'the links stay as they are' : `the link of ${target} stays as it is`,
    why,
    remedy: `${words} cut|heal, or ${words} set --rate 10mbit`,
    exitCode: 2,
  });
}

function tableOf(links: readonly LinkState[]): string {
  const end = ({ netns, device }: LinkState['near']) => `${netns}/${device}`;
  return formatTable(
    ['LINK', 'KIND', 'STATE', 'NEAR END', 'FAR END'],
    links.map(({ target, kind, fault, near, far }) => [target, kind, describeFault(fault), end(near), end(far)]),
  );
}
