/** `up`, from its options: checks them, plans the lab, has it brought up. */

import { parseIp } from '../net/ip.ts';
import type { IpvsScheduler } from '../objects/ipvs-scheduler.ts';
import type { ProxyMode } from '../objects/proxy-mode.ts';
import { type Attempt, bringUp } from './bring-up.ts';
import { findCoreDns } from './core-dns.ts';
import type { BuiltPart } from './daemon-protocol.ts';
import { DEFAULT_LAB } from './default-lab.ts';
import type { ClusterChoice } from './join/prepare-join.ts';
import { LabError } from './lab-error.ts';
import type { LabFile } from './lab-file-schema.ts';
import type { LabKernel } from './lab-kernel.ts';
import { checkLabName, DEFAULT_LAB_NAME } from './lab-name.ts';
import { hasIpv6, type LabPlan, planLab, withNodeCount } from './plan-lab.ts';
import { checkIpv6, checkProxyTools, preflight } from './preflight.ts';
import type { ReadProxyConfig } from './proxy-config/read.ts';
import { unappliedFields } from './proxy-config/unapplied.ts';
import { requireUml } from './uml/boot.ts';

export interface UpOptions {
  /** Default: `podwire`. */
  readonly name?: string;
  /** Path of a lab file; default: the default lab. */
  readonly file?: string;
  /** Number of nodes, the control plane included; default: as many as the file has. */
  readonly nodes?: number;
  /** Joins nodes to this cluster, whose API server is elsewhere; `nodes` then counts them alone. */
  readonly cluster?: ClusterChoice;
  /** Backend of kube-proxy; default: the file's. */
  readonly proxyMode?: ProxyMode;
  /** The error of current kube-proxy, where the kernel cannot do the mode, instead of the fall-back; default: the file's. */
  readonly strictProxyMode?: boolean;
  /** Scheduler of mode ipvs; default: the file's. */
  readonly ipvsScheduler?: IpvsScheduler;
  /** Path of a file in kube-proxy's own format; its mode comes before the lab file's, the options here before it. */
  readonly proxyConfig?: string;
  /** Where it shall stand; default: the host's kernel. */
  readonly kernel?: LabKernel;
  /** An address of this machine that the API listens on, for nodes and clients elsewhere; default: the loopback. */
  readonly listen?: string;
  /** Gives up: removes what was built, leaves what was found. */
  readonly signal?: AbortSignal;
  /** Takes what the user should know besides the parts that are built. */
  readonly onNote?: (text: string) => void;
}

/** Brings the lab up and resolves when it is ready. Throws `LabError`; then nothing is left of a lab that was to be built. */
export async function up(options: UpOptions, onBuilt: (part: BuiltPart) => void): Promise<LabPlan> {
  const { cluster, kernel = 'host', signal, onNote = () => undefined } = options;
  const attempt: Attempt = { startedAt: Date.now(), signal, onBuilt, onNote };
  const name = checkLabName(options.name ?? DEFAULT_LAB_NAME);
  preflight(kernel);
  if (kernel === 'uml') requireUml();
  const given = options.proxyConfig === undefined ? undefined : await readGivenConfig(options.proxyConfig);
  const file = withProxyOptions(await readFile(options), options, given);
  const plan = {
    ...planLab(name, file),
    kernel,
    ...(file.dns === 'coredns' ? { coreDns: findCoreDns() } : {}),
  };
  checkProxyTools(plan.proxyMode);
  if (hasIpv6(plan)) checkIpv6();
  const { nodes, proxyMode, strictProxyMode, ipvsScheduler } = options;
  for (const note of unappliedFields(file.kubeProxy)) onNote(note);
  const choices = [options.file, options.proxyConfig, nodes, options.kernel, proxyMode, strictProxyMode, ipvsScheduler];
  const asked = choices.some((option) => option !== undefined);
  const program = kernel === 'uml' ? 'machine' : 'daemon';
  const api = options.listen === undefined ? {} : { apiHost: checkListen(options.listen, kernel) };
  if (cluster === undefined) return await bringUp({ plan, asked, program, ...api }, attempt);
  const named = options.file !== undefined;
  const join = async () => (await import('./join/prepare-join.ts')).prepareJoin({ plan, file, named }, cluster);
  return await bringUp({ plan, asked, join }, attempt);
}

/** Throws a `LabError` for what the API's certificate could not name, and where the API is not this machine's. */
function checkListen(address: string, kernel: LabKernel): string {
  const ip = parseIp(address);
  if (ip !== undefined && ip.value !== 0n && kernel === 'host') return address;
  throw new LabError({
    what: `the API cannot listen on ${JSON.stringify(address)}`,
    why: kernel === 'host' ? 'its certificate must name the address' : 'it is within User-mode Linux',
    remedy: kernel === 'host' ? 'name one address of this machine: --listen 192.0.2.1' : 'use --kernel host',
    exitCode: 2,
  });
}

/** The checked lab file. The loader comes with zod and yaml, so it is imported only for a file. */
async function readFile(options: UpOptions): Promise<LabFile> {
  const file = options.file === undefined ? DEFAULT_LAB : (await import('./lab-file.ts')).readLabFile(options.file);
  if (options.nodes === undefined) return file;
  // A joining lab's control plane is not among them.
  const count = options.cluster === undefined ? options.nodes : options.nodes + 1;
  if (count === file.nodes.length) return file;
  const { checkLabFile } = await import('./lab-file-rules.ts');
  const resized = withNodeCount(file, count);
  const [issue] = checkLabFile(resized);
  if (issue === undefined) return resized;
  throw new LabError({
    what: `the lab cannot have ${options.nodes} nodes`,
    why: `${issue.path.join('.')}: ${issue.message}`,
    remedy: 'ask for fewer nodes, or give the lab larger networks in a lab file',
    exitCode: 2,
  });
}

/** Comes with zod and yaml too. */
async function readGivenConfig(path: string): Promise<ReadProxyConfig> {
  return (await import('./proxy-config/read.ts')).readProxyConfig(path);
}

/** What is given with the command, and with kube-proxy's own file, comes before the lab file. */
function withProxyOptions(
  file: LabFile,
  { proxyMode, strictProxyMode, ipvsScheduler }: UpOptions,
  given: ReadProxyConfig | undefined,
): LabFile {
  const { networking, kubeProxy } = file;
  const options = given?.options ?? kubeProxy;
  return {
    ...file,
    networking: { ...networking, kubeProxyMode: proxyMode ?? given?.mode ?? networking.kubeProxyMode },
    kubeProxy: {
      ...options,
      strictProxyMode: strictProxyMode ?? kubeProxy.strictProxyMode,
      ipvs: { ...options.ipvs, scheduler: ipvsScheduler ?? options.ipvs.scheduler },
    },
  };
}
