/** `podwire up`: builds a lab; prints each part as it is done and how long it took. */

import { DaemonClient } from '../../lab/daemon-client.ts';
import { findLab } from '../../lab/find-lab.ts';
import type { ClusterChoice } from '../../lab/join/prepare-join.ts';
import { LabError } from '../../lab/lab-error.ts';
import type { LabKernel } from '../../lab/lab-kernel.ts';
import { up } from '../../lab/up.ts';
import type { IpvsScheduler } from '../../objects/ipvs-scheduler.ts';
import type { ProxyMode } from '../../objects/proxy-mode.ts';
import { abortOnSignal } from '../abort-on-signal.ts';
import { paint } from '../print-error.ts';

export interface UpCommandOptions {
  readonly file?: string;
  readonly name: string;
  readonly nodes?: number;
  readonly proxyMode?: ProxyMode;
  readonly proxyConfig?: string;
  readonly kernel?: LabKernel;
  readonly listen?: string;
  readonly cluster?: ClusterChoice;
  readonly strictProxyMode?: boolean;
  readonly ipvsScheduler?: IpvsScheduler;
}

/** Exit code 0: the lab is ready; 130: interrupted. */
export async function upCommand(options: UpCommandOptions): Promise<number> {
  const signal = abortOnSignal();
  const startedAt = performance.now();
  const dim = paint(2, process.stdout);
  try {
    const onNote = (text: string) => void process.stdout.write(`  ${text}\n`);
    const plan = await up({ ...options, signal, onNote }, ({ part, ms }) => {
      process.stdout.write(`  ${part.padEnd(24)}${dim(`${ms.toFixed(0).padStart(6)} ms`)}\n`);
    });
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(2);
    const nameOption = plan.name === 'podwire' ? '' : ` --name ${plan.name}`;
    process.stdout.write(
      `The lab "${plan.name}" is ready after ${seconds} s: ${plan.nodes.map(({ name }) => name).join(', ')}.\n` +
        `Try: podwire kubectl${nameOption} -- get nodes -o wide; podwire exec${nameOption} ${plan.nodes.at(-1)!.name} -- ip addr; podwire down${nameOption}\n`,
    );
    if (plan.proxyMode === 'ipvs' && plan.kernel !== 'uml') await printWarnings(plan.name);
    return 0;
  } catch (error) {
    if (!signal.aborted || !(error instanceof LabError)) throw error;
    process.stderr.write(`podwire: ${error.message}; ${error.remedy}\n`);
    return 130;
  }
}

/** Mode ipvs may have become another one. */
async function printWarnings(name: string): Promise<void> {
  const { warnings } = await new DaemonClient(name, findLab(name).socket).snapshot();
  for (const warning of warnings) process.stdout.write(`warning: ${warning}\n`);
}
