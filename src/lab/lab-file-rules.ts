/** What a lab file must hold as a whole: rules over several fields, each with the reason (addresses have a file of their own). Pure. */
import { resolveImage } from '../node/standins/images.ts';
import { checkAddresses } from './lab-address-rules.ts';
import type { LabFile } from './lab-file-schema.ts';
import { checkProxyOptions } from './proxy-config/checks.ts';
import type { FileIssue } from './yaml-file.ts';

/** Every rule the file breaks, in the order of the file. */
export function checkLabFile(file: LabFile): FileIssue[] {
  return [
    ...checkNodes(file),
    ...checkAddresses(file),
    ...checkImages(file),
    ...checkHostNames(file),
    ...checkHeartbeats(file),
    ...checkProxyOptions(file.kubeProxy).map(({ path, message }) => ({ path: ['kubeProxy', ...path], message })),
  ];
}

function checkNodes(file: LabFile): FileIssue[] {
  const issues: FileIssue[] = [];
  const planes = file.nodes.filter((node) => node.role === 'control-plane').length;
  if (planes !== 1)
    issues.push({ path: ['nodes'], message: `must hold exactly one node with role control-plane, not ${planes}` });
  const seen = new Map<string, string>();
  const named = [
    ...file.nodes.map((node, index) => ({
      name: node.name,
      place: `nodes[${index}].name`,
      path: ['nodes', index, 'name'],
    })),
    ...file.hosts.map((host, index) => ({
      name: host.name,
      place: `hosts[${index}].name`,
      path: ['hosts', index, 'name'],
    })),
  ];
  for (const { name, place, path } of named) {
    const first = seen.get(name);
    if (first !== undefined)
      issues.push({ path, message: `"${name}" is taken by ${first}: nodes and hosts share one set of names` });
    else seen.set(name, place);
  }
  return issues;
}

function checkImages({ hosts }: LabFile): FileIssue[] {
  return hosts.flatMap(({ image }, index) => {
    if (image === undefined || 'standIn' in resolveImage(image).behaviour) return [];
    const message = `${image} has no server that could stand in for it (docs/images.md lists those that have)`;
    return [{ path: ['hosts', index, 'image'], message }];
  });
}

/** The cluster's DNS answers for all of its domain itself: no question for such a name reaches the gateway. */
function checkHostNames({ hosts, networking: { dnsDomain } }: LabFile): FileIssue[] {
  return hosts.flatMap(({ names }, host) =>
    names.flatMap((name, index) => {
      if (name !== dnsDomain && !name.endsWith(`.${dnsDomain}`)) return [];
      const message = `${name} lies in the cluster's own domain ${dnsDomain}, whose names come from its Services alone`;
      return [{ path: ['hosts', host, 'names', index], message }];
    }),
  );
}

function checkHeartbeats({ kubelet, controllerManager }: LabFile): FileIssue[] {
  const { nodeLeaseDurationSeconds: lease } = kubelet;
  if (controllerManager.nodeMonitorGracePeriodSeconds > lease) return [];
  return [
    {
      path: ['controllerManager', 'nodeMonitorGracePeriodSeconds'],
      message: `must be longer than kubelet.nodeLeaseDurationSeconds (${lease}): a node in good health would be written off between two heartbeats`,
    },
  ];
}
