/** `podwire rules [NODE]`: the rules of a node, each with the Service and endpoint it is there for. */
import { LabError } from '../../lab/lab-error.ts';
import { connectLab } from '../../lab/open-lab.ts';
import { isProxyMode } from '../../objects/proxy-mode.ts';
import { listRules } from '../../walk/rules/list-rules.ts';
import { formatSections, sectionsOf } from '../../walk/rules/rule-section.ts';

export interface RulesOptions {
  readonly name: string;
  /** `ns/name`, or a name in the namespace default. */
  readonly service?: string;
  readonly output?: 'json';
}

/** Without a node that of the first worker. */
export async function rulesCommand(node: string | undefined, options: RulesOptions): Promise<number> {
  const lab = await connectLab(options.name);
  try {
    const { nodes, services } = await lab.snapshot();
    const chosen =
      node === undefined
        ? (nodes.find(({ role }) => role === 'worker') ?? nodes[0])
        : nodes.find(({ name }) => name === node);
    if (chosen === undefined || !isProxyMode(chosen.proxy.mode))
      throw unknown(`node "${node}"`, `the lab's nodes are ${nodes.map(({ name }) => name).join(', ')}`);
    const service = options.service?.includes('/') === false ? `default/${options.service}` : options.service;
    if (service !== undefined && !services.some(({ namespace, name }) => `${namespace}/${name}` === service))
      throw unknown(`Service "${service}"`, 'podwire status lists those there are, as NAMESPACE/NAME');
    const all = await listRules({
      nodeName: chosen.name,
      mode: chosen.proxy.mode,
      nodeIPs: chosen.ips,
      transport: lab.transport,
      async read(argv) {
        const { exitCode, stdout, stderr } = await lab.kernel.read(chosen.netns, argv);
        if (exitCode !== 0) throw new Error(`${argv.join(' ')} on ${chosen.name}: ${stderr.trim()}`);
        return stdout;
      },
    });
    const sections = service === undefined ? all : sectionsOf(all, service);
    process.stdout.write(
      options.output === 'json' ? `${JSON.stringify(sections, null, 2)}\n` : formatSections(sections),
    );
    return 0;
  } finally {
    lab.close();
  }
}

function unknown(what: string, why: string): LabError {
  return new LabError({
    what: `there is no ${what}`,
    why,
    remedy: 'podwire rules NODE --service NAMESPACE/NAME',
    exitCode: 2,
  });
}
