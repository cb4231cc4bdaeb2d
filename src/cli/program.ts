/**
 * The command line: names, arguments, help. Each command's work is a file of its own that is loaded only when it runs, so
 * that `--help` and `status` start in tens of milliseconds.
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { LAB_KERNELS } from '../lab/lab-kernel.ts';
import { DEFAULT_LAB_NAME } from '../lab/lab-name.ts';
import { IPVS_SCHEDULERS } from '../objects/ipvs-scheduler.ts';
import { PROXY_MODES } from '../objects/proxy-mode.ts';
import { REPORTER_NAMES } from '../scenario/reporters/reporter.ts';
import type { LinkAction } from './commands/link.ts';

export const VERSION = '0.1.0';

interface NameOption {
  readonly name: string;
}

/** The whole tree. `exit` takes the exit code of a command that ended without an error. */
export function buildProgram(exit: (code: number) => void): Command {
  const program = new Command('podwire')
    .description('A Kubernetes network you can hold in your hand: real nodes, pods and Services in network namespaces.')
    .version(VERSION)
    .enablePositionalOptions()
    .exitOverride()
    // `runCli` prints errors in podwire's own three lines.
    .configureOutput({ outputError: () => undefined });
  // A command inherits exitOverride from the program it is added to.
  const command = (usage: string, description: string) => program.command(usage).description(description);
  const done = (work: Promise<number>) => work.then(exit);

  command('up', 'build the lab')
    .option('-f, --file <LAB.yaml>', 'lab file (default: one control plane, two workers, a client)')
    .addOption(labName())
    .addOption(nodeCount())
    .addOption(new Option('--proxy-mode <MODE>', 'backend of kube-proxy').choices(PROXY_MODES))
    .option('--proxy-config <FILE>', "kube-proxy's own configuration (KubeProxyConfiguration, or kubeadm's ConfigMap)")
    .addOption(strictProxyMode())
    .addOption(ipvsScheduler())
    .addOption(kernel())
    .option('--listen <ADDR>', 'address of this machine on which the API listens (default: its loopback)')
    .action((options) => done(import('./commands/up.ts').then((it) => it.upCommand(options))));

  command('down', 'remove everything, also after a crash; may be run any number of times')
    .addOption(labName().conflicts('all'))
    .addOption(new Option('--all', 'remove every lab of this host').conflicts('name'))
    .action((options) => done(import('./commands/down.ts').then((it) => it.downCommand(options))));

  command('status', 'nodes, pods, Services, health')
    .addOption(labName())
    .addOption(outputFormat())
    .action((options) => done(import('./commands/status.ts').then((it) => it.statusCommand(options))));

  command('node', 'nodes of this machine in a cluster whose API server is elsewhere')
    .command('join')
    .description('add nodes to a cluster; `podwire down` takes them out again')
    .requiredOption('--kubeconfig <FILE>', 'how its API server is reached')
    .option('--context <NAME>', 'context of the kubeconfig (default: its current one)')
    .option('--control-plane', 'run scheduler, controllers and cluster DNS too, for an API server that stands alone')
    .option('-f, --file <LAB.yaml>', 'lab file whose workers join (default: two, named for the lab)')
    .addOption(labName())
    .addOption(nodeCount('number of nodes that join'))
    .addOption(new Option('--proxy-mode <MODE>', 'backend of kube-proxy').choices(PROXY_MODES))
    .action((options) => done(import('./commands/node-join.ts').then((it) => it.nodeJoinCommand(options))));

  command('kubeconfig', 'print the kubeconfig')
    .addOption(labName())
    .option('--path', 'print where it is instead')
    .action((options) => done(import('./commands/kubeconfig.ts').then((it) => it.kubeconfigCommand(options))));

  command('kubectl', 'the real kubectl against the lab')
    .addOption(labName())
    .argument('[args...]', 'kubectl’s own arguments, behind --')
    .passThroughOptions()
    .action((args: string[], options: NameOption) =>
      done(import('./commands/kubectl.ts').then((it) => it.kubectlCommand(behindDashes(args), options))),
    );

  command('exec', 'run a program where a node, pod or host stands in the network')
    .addOption(labName())
    .option('-c, --container <NAME>', 'the pod’s container (default: its first)')
    .argument('<target>', 'node-1, client, a pod, or namespace/pod')
    .argument('<command...>', 'the program and its arguments, behind --')
    .passThroughOptions()
    .action((target: string, argv: string[], options) =>
      done(import('./commands/exec.ts').then((it) => it.execCommand(target, behindDashes(argv), options))),
    );

  command('run', 'play scenarios; exit code 0: all held, 1: a step failed, 2: unusable input')
    .addOption(labName())
    .option('-f, --file <LAB.yaml>', 'lab file of the labs it builds')
    .addOption(language())
    .addOption(kernel())
    .addOption(playedModes())
    .addOption(new Option('--reporter <FORMAT>', 'format of the report').choices(REPORTER_NAMES).default('pretty'))
    .option('--out <FILE>', 'write the report to a file, and what people read to the terminal')
    .addOption(seedNumber())
    .addOption(jobCount())
    .option('--keep-on-failure', 'leave the lab of a failed scenario up')
    .argument('<paths...>', 'scenario files, or folders of them')
    .action((paths: string[], options) =>
      done(import('./commands/run.ts').then((it) => it.runCommand(paths, options))),
    );

  command('tui', 'the interactive walkthrough')
    .addOption(labName())
    .addOption(kernel())
    .addOption(language())
    .argument('[scenario]', 'a scenario to open at once: its file or its name')
    .action((scenario: string | undefined, options) =>
      done(import('./commands/tui.ts').then((it) => it.tuiCommand(scenario, options))),
    );

  command('proxy-mode', 'change the backend of kube-proxy while traffic flows')
    .addOption(labName())
    .option('--node <NODE>', 'on this node alone (default: all)')
    .addOption(strictProxyMode())
    .addOption(ipvsScheduler())
    .argument('<mode>', PROXY_MODES.join(', '), oneOf(...PROXY_MODES))
    .action((mode: string, options) =>
      done(import('./commands/proxy-mode.ts').then((it) => it.proxyModeCommand(mode, options))),
    );

  command('kube-proxy', 'stop kube-proxy, whose rules then follow nothing, or start it again')
    .addOption(labName())
    .option('--node <NODE>', 'on this node alone (default: all)')
    .argument('<action>', 'stop or start', oneOf('stop', 'start'))
    .action((action: 'stop' | 'start', options) =>
      done(import('./commands/kube-proxy.ts').then((it) => it.kubeProxyCommand(action, options))),
    );

  command(
    'link',
    'faults on a link: cut, heal, or set its rate, packet size, delay and loss; without arguments all links',
  )
    .addOption(labName())
    .addOption(outputFormat())
    .option('--rate <RATE>', 'bits per second, each way: 10mbit')
    .option('--mtu <BYTES>', 'largest IP packet that passes; larger ones vanish')
    .option('--delay <TIME>', 'each way: 50ms (needs netem)')
    .option('--jitter <TIME>', 'what the delay varies by: 10ms (needs netem)')
    .option('--loss <PERCENT>', 'each way: 5% (needs netem)')
    .option('--reorder <PERCENT>', 'of packets that overtake delayed ones (needs netem)')
    .argument('[target]', 'node, pod, client or gateway')
    .argument('[action]', 'cut, heal or set', oneOf('cut', 'heal', 'set'))
    .action((target: string | undefined, action: LinkAction | undefined, options) =>
      done(import('./commands/link.ts').then((it) => it.linkCommand(target, action, options))),
    );

  command('rules', 'the rules of a node, each with the Service and endpoint it is for')
    .addOption(labName())
    .option('--service <NS/NAME>', 'those of one Service alone')
    .option('--diff', 'what changed since the last --diff')
    .addOption(outputFormat())
    .argument('[node]', 'node (default: the first worker)')
    .action((node: string | undefined, options) =>
      done(import('./commands/rules.ts').then((it) => it.rulesCommand(node, options))),
    );

  command('journal', 'every command the lab gave the kernel so far')
    .addOption(labName())
    .option('--as-script', 'as a shell script that rebuilds the network without podwire')
    .action((options) => done(import('./commands/journal.ts').then((it) => it.journalCommand(options))));

  command('check', 'what this host can do, and the exact fix for what is missing')
    .addOption(outputFormat())
    .action((options) => done(import('./commands/check.ts').then((it) => it.checkCommand(options))));

  command('completion', 'completions for a shell: bash, zsh or fish')
    .argument('<shell>', 'bash, zsh or fish', oneOf('bash', 'zsh', 'fish'))
    .action((shell: 'bash' | 'zsh' | 'fish') =>
      done(import('./commands/completion.ts').then((it) => it.completionCommand(shell, program))),
    );

  return program;
}

/** What stands behind a leading `--`, which commander leaves in when arguments are passed through. */
function behindDashes(args: readonly string[]): string[] {
  return args[0] === '--' ? args.slice(1) : [...args];
}

function labName(): Option {
  return new Option('--name <NAME>', 'name of the lab').env('PODWIRE_NAME').default(DEFAULT_LAB_NAME);
}

function kernel(): Option {
  return new Option(
    '--kernel <KERNEL>',
    'where the lab stands: this host’s kernel, or one of its own (User-mode Linux)',
  ).choices(LAB_KERNELS);
}

function nodeCount(what = 'number of nodes, the control plane included'): Option {
  return new Option('--nodes <N>', what).argParser((text) => {
    const count = Number(text);
    if (!/^\d+$/.test(text) || count < 1 || count > 200) throw new InvalidArgumentError('must be from 1 to 200.');
    return count;
  });
}

function playedModes(): Option {
  return new Option('--proxy-mode <M[,M]>', 'backends of kube-proxy to play in; all: every one a scenario names')
    .argParser((text): readonly (typeof PROXY_MODES)[number][] | 'all' => {
      if (text === 'all') return text;
      const modes = PROXY_MODES.filter((mode) => text.split(',').includes(mode));
      if (modes.length === text.split(',').length) return modes;
      throw new InvalidArgumentError(`must be all, or some of ${PROXY_MODES.join(',')}.`);
    })
    .default(['iptables'], 'iptables');
}

function seedNumber(): Option {
  return new Option('--seed <N>', 'play in an order drawn by this number (default: in order of name)').argParser(
    (text) => {
      const seed = Number(text);
      if (!/^\d+$/.test(text) || seed >= 2 ** 32)
        throw new InvalidArgumentError('must be a number from 0 to 4294967295.');
      return seed;
    },
  );
}

function jobCount(): Option {
  return new Option('--jobs <N>', 'labs to play in at a time (default: as many as there are processors)').argParser(
    (text) => {
      if (/^[1-9]\d?$/.test(text)) return Number(text);
      throw new InvalidArgumentError('must be from 1 to 99.');
    },
  );
}

function strictProxyMode(): Option {
  return new Option('--strict-proxy-mode', 'where the kernel cannot do the mode: an error, instead of iptables');
}

function ipvsScheduler(): Option {
  return new Option('--ipvs-scheduler <NAME>', 'how mode ipvs chooses an endpoint (default: rr)').choices(
    IPVS_SCHEDULERS,
  );
}

function language(): Option {
  return new Option('--lang <LANGUAGE>', 'language of the narration').choices(['en', 'zh']).default('en');
}

function outputFormat(): Option {
  return new Option('-o, --output <FORMAT>', 'output format').choices(['json']);
}

function oneOf(...choices: readonly string[]): (text: string) => string {
  return (text) => {
    if (!choices.includes(text)) throw new InvalidArgumentError(`must be one of ${choices.join(', ')}.`);
    return text;
  };
}
