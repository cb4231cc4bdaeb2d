/** `podwire completion SHELL`: a completion script, from the command tree itself. */
import type { Command } from 'commander';

interface Words {
  readonly name: string;
  readonly description: string;
  readonly options: readonly string[];
}

/** Prints the script; `source <(podwire completion bash)` takes it. */
export async function completionCommand(shell: 'bash' | 'zsh' | 'fish', program: Command): Promise<number> {
  const commands = program.commands.map((command) => ({
    name: command.name(),
    description: command.description().replace(/["'`$\\]/g, ''),
    options: command.options.flatMap(({ short, long }) => [short, long]).filter((flag) => flag != null),
  }));
  process.stdout.write({ bash, zsh, fish }[shell](commands));
  return 0;
}

function bash(commands: readonly Words[]): string {
  const cases = commands.map(({ name, options }) => `    ${name}) words='${options.join(' ')}' ;;`).join('\n');
  return `# podwire completion for bash: source <(podwire completion bash)
_podwire() {
  local current=\${COMP_WORDS[COMP_CWORD]} words
  if [ "$COMP_CWORD" = 1 ]; then
    words='${commands.map(({ name }) => name).join(' ')}'
  else case \${COMP_WORDS[1]} in
${cases}
  esac; fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _podwire podwire
`;
}

function zsh(commands: readonly Words[]): string {
  const names = commands
    .map(({ name, description }) => `    '${name}:${description.replaceAll(':', '\\:')}'`)
    .join('\n');
  const cases = commands.map(({ name, options }) => `    ${name}) compadd -- ${options.join(' ')} ;;`).join('\n');
  return `#compdef podwire
# podwire completion for zsh: source <(podwire completion zsh)
_podwire() {
  local -a commands
  commands=(
${names}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
  else case $words[2] in
${cases}
  esac; _files; fi
}
compdef _podwire podwire
`;
}

function fish(commands: readonly Words[]): string {
  const lines = commands.flatMap(({ name, description, options }) => [
    `complete -c podwire -n __fish_use_subcommand -a ${name} -d '${description}'`,
    ...options.map((flag) => {
      const kind = flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`;
      return `complete -c podwire -n '__fish_seen_subcommand_from ${name}' ${kind}`;
    }),
  ]);
  return `# podwire completion for fish: podwire completion fish | source\n${lines.join('\n')}\n`;
}
