/**
 * A program that could not be started: turns what `env` said into the words of the container runtime (runc). `env` exits
 * with the shell's codes 126 (found, not executable) and 127 (not found), and 125 for a directory it cannot enter.
 */
const NOT_STARTED = /^(?:env|chroot): (?:failed to run command )?[‘'"](.*)[’'"]: (.+)$/;
const NO_DIRECTORY = /^env: cannot change directory to [‘'"](.*)[’'"]: (.+)$/;

/** The runtime's words, or undefined when `complaint` (first line counts) is the program's own. */
export function startErrorOf(code: number, complaint: string, program: string): string | undefined {
  if (code < 125 || code > 127) return undefined;
  const line = complaint.split(/\r?\n/, 1)[0]!;
  const directory = NO_DIRECTORY.exec(line);
  if (directory !== null) return `chdir to cwd ("${directory[1]}") set in config.json failed: ${lower(directory[2]!)}`;
  const match = NOT_STARTED.exec(line);
  if (match === null || match[1] !== program) return undefined;
  const why = lower(match[2]!);
  if (why === 'no such file or directory') {
    return program.includes('/')
      ? `exec: "${program}": stat ${program}: ${why}`
      : `exec: "${program}": executable file not found in $PATH`;
  }
  return `exec: "${program}": ${why}`;
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
