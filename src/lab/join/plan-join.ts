/** The plan of nodes that join a cluster: a lab's plan without a control plane, out of the way of what the cluster has. Pure. */
import { cidrOf, cidrsOverlap, formatCidr, nthAddress, nthSubnet } from '../../net/cidr.ts';
import { familyOf } from '../../net/ip.ts';
import { subnetLength } from '../lab-address-rules.ts';
import { LabError } from '../lab-error.ts';
import type { LabFile } from '../lab-file-schema.ts';
import { freeAddresses, type LabPlan, type NodePlan } from '../plan-lab.ts';
import type { ClusterSurvey } from './survey-cluster.ts';

export interface JoinRequest {
  /** The plan of a lab of its own. Its workers join; its control plane is passed over. */
  readonly plan: LabPlan;
  /** The lab file it is the plan of. */
  readonly file: LabFile;
  /** Nodes keep the file's names; else they are named for the lab, since others have a `node-1` too. */
  readonly named: boolean;
  readonly server: string;
  readonly controlPlane: boolean;
}

/** Throws a `LabError` for names that are taken, and when there is no room. */
export function planJoin({ plan, file, named, server, controlPlane }: JoinRequest, survey: ClusterSurvey): LabPlan {
  const { name, underlay } = plan;
  // An IPv4-only lab in a dual-stack cluster has the IPv4 part of it.
  const families = new Set(underlay.subnets.map(familyOf));
  const ours = (texts: readonly string[]) => texts.filter((text) => families.has(familyOf(text)));
  const [serviceSubnets = plan.serviceSubnets, ...further] = survey.serviceCIDRs
    .map(ours)
    .filter((it) => it.length > 0);
  const endpoints = survey.endpoints.filter(({ ip }) => families.has(familyOf(ip)));
  // An address of the API server leads to it from our nodes, so none of them may have it.
  const taken = [...survey.nodes.flatMap(({ addresses }) => addresses), ...endpoints.map(({ ip }) => ip)];
  const addresses = freeAddresses(underlay.subnets, new Set([...taken, ...plan.hosts.flatMap(({ ips }) => ips)]));
  const blocks = freeBlocks(plan, file, survey);
  const workers = plan.nodes.filter(({ role }) => role === 'worker');
  const nodes = workers.map((worker, index): NodePlan => {
    const own = named ? worker.name : `${name}-${index + 1}`;
    const ips = next(addresses, plan);
    return { ...worker, name: own, netns: `${name}.${own}`, ip: ips[0]!, ips, podCIDRs: next(blocks, plan) };
  });
  refuseTaken(nodes, survey, name);
  const primary = cidrOf(serviceSubnets[0]!);
  return {
    ...plan,
    remote: { server, endpoints, controlPlane },
    nodes,
    serviceSubnets,
    additionalServiceCIDRs: further.flat(),
    apiServiceIp: survey.apiServiceIp ?? nthAddress(primary, 1),
    dnsServiceIp: survey.dnsServiceIp ?? nthAddress(primary, 10),
  };
}

function refuseTaken(nodes: readonly NodePlan[], survey: ClusterSurvey, name: string): void {
  const taken = nodes.filter((node) => survey.nodes.some((other) => other.name === node.name)).map((node) => node.name);
  if (taken.length === 0) return;
  throw new LabError({
    what: `the cluster has ${taken.length === 1 ? 'a node' : 'nodes'} of that name already: ${taken.join(', ')}`,
    why: 'a node is known by its name, and these may be somebody else’s',
    remedy: `choose another name than "${name}" with --name or other names in a lab file, or remove what a lab has left: kubectl delete node ${taken.join(' ')}`,
  });
}

/** Blocks of the pod network that no node of the cluster has any of, one per family. A RangeError says that there are no more. */
function* freeBlocks({ podSubnets }: LabPlan, file: LabFile, { nodes }: ClusterSurvey): Generator<string[], never> {
  const taken = nodes.flatMap(({ podCIDRs }) => podCIDRs.map(cidrOf));
  for (let index = 0; ; index += 1) {
    const blocks = podSubnets.map(cidrOf).map((pods) => nthSubnet(pods, subnetLength(file, pods.family), index));
    if (!blocks.some((block) => taken.some((other) => cidrsOverlap(other, block)))) yield blocks.map(formatCidr);
  }
}

function next(free: Generator<string[], never>, { podSubnets, underlay }: LabPlan): string[] {
  try {
    return free.next().value;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new LabError({
      what: 'there is no room for so many nodes',
      why: `the pod network ${podSubnets.join(',')} or the underlay ${underlay.subnets.join(',')} has none left that the cluster does not use`,
      remedy: 'join fewer nodes with --nodes, or give the lab larger networks in a lab file',
      exitCode: 2,
    });
  }
}
