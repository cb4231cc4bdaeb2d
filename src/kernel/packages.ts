/** What brings a missing tool or module to this host: the exact command, by distribution and kernel. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';

type Family = 'debian' | 'fedora' | 'alpine' | 'arch' | 'suse';

const INSTALL: Readonly<Record<Family, string>> = {
  debian: 'apt-get install -y',
  fedora: 'dnf install -y',
  alpine: 'apk add',
  arch: 'pacman -S --noconfirm',
  suse: 'zypper install -y',
};

/** Debian's names; `others` where a family calls it otherwise. */
const PACKAGES: Readonly<Record<string, { readonly debian: string } & Partial<Record<Family, string>>>> = {
  ip: { debian: 'iproute2', fedora: 'iproute' },
  bridge: { debian: 'iproute2', fedora: 'iproute' },
  tc: { debian: 'iproute2', fedora: 'iproute-tc', alpine: 'iproute2-tc' },
  'iptables-restore': { debian: 'iptables', fedora: 'iptables-nft' },
  iptables: { debian: 'iptables', fedora: 'iptables-nft' },
  'ip6tables-restore': { debian: 'iptables', fedora: 'iptables-nft' },
  'ip6tables-save': { debian: 'iptables', fedora: 'iptables-nft' },
  nft: { debian: 'nftables' },
  ipset: { debian: 'ipset' },
  ipvsadm: { debian: 'ipvsadm' },
  conntrack: { debian: 'conntrack', fedora: 'conntrack-tools', alpine: 'conntrack-tools', arch: 'conntrack-tools' },
  nfacct: { debian: 'nfacct' },
  tcpdump: { debian: 'tcpdump' },
  ethtool: { debian: 'ethtool' },
  unshare: { debian: 'util-linux' },
  nsenter: { debian: 'util-linux' },
  flock: { debian: 'util-linux' },
  mount: { debian: 'mount', fedora: 'util-linux', alpine: 'mount', arch: 'util-linux', suse: 'util-linux' },
  'iptables-save': { debian: 'iptables', fedora: 'iptables-nft' },
  haproxy: { debian: 'haproxy' },
  'linux.uml': { debian: 'user-mode-linux' },
};

/** The command that installs `tool` here, or where to get it when no package is known. */
export function installCommand(tool: string, family = distribution(), isRoot = process.getuid?.() === 0): string {
  const names = PACKAGES[tool];
  if (family === 'other' || names === undefined) return `install ${names?.debian ?? tool}`;
  return `${isRoot ? '' : 'sudo '}${INSTALL[family]} ${names[family] ?? names.debian}`;
}

/** The family of the distribution that os-release(5) names. */
export function distribution(osRelease = readOsRelease()): Family | 'other' {
  const words = [...osRelease.matchAll(/^ID(?:_LIKE)?=["']?([^"'\n]*)/gm)].flatMap((match) => match[1]!.split(' '));
  const families: Record<string, Family> = {
    debian: 'debian',
    ubuntu: 'debian',
    fedora: 'fedora',
    rhel: 'fedora',
    alpine: 'alpine',
    arch: 'arch',
    suse: 'suse',
    opensuse: 'suse',
  };
  return words.map((word) => families[word]).find((family) => family !== undefined) ?? 'other';
}

function readOsRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** True when the program lies on PATH. */
export function isInstalled(tool: string): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => {
    try {
      accessSync(`${folder}/${tool}`, constants.X_OK);
      return true;
    } catch {
      return false; // not in this folder, or not to be run
    }
  });
}

/** Loads the module where the running kernel has it as one; else only another kernel helps. */
export function moduleRemedy({ module, option }: { readonly module: string; readonly option: string }): string {
  const list = `/lib/modules/${release()}/modules.dep`;
  if (existsSync(list) && readFileSync(list, 'utf8').includes(`/${module}.ko`)) return `modprobe ${module}`;
  return `a kernel with ${option} (this one, ${release()}, is without)`;
}
