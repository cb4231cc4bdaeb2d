/** Directories and files of exact modes, whatever the daemon's umask is: a container's other users must be able to read them. */
import { chmodSync, chownSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';

/** Makes a directory, and those above it, and sets its mode. */
export function makeDirectory(path: string, mode = 0o755): void {
  const first = mkdirSync(path, { recursive: true });
  for (
    let made = path;
    first !== undefined && made.length > first.length;
    made = made.slice(0, made.lastIndexOf('/'))
  ) {
    chmodSync(made, 0o755);
  }
  if (first !== undefined) chmodSync(first, 0o755);
  chmodSync(path, mode);
}

/** Makes a symbolic link, unless something of that name is there already. */
export function makeLink(target: string, path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) symlinkSync(target, path);
}

/** Writes a file with this mode. */
export function makeFile(path: string, content: string | Uint8Array, mode = 0o644): void {
  writeFileSync(path, content);
  chmodSync(path, mode);
}

/** Gives a file or directory to root and a group, with this mode. */
export function giveToGroup(path: string, group: number, mode: number): void {
  chownSync(path, 0, group);
  // Behind the change of owner, which clears the bits that hand it on.
  chmodSync(path, mode);
}
