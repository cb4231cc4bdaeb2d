/**
 * hostPath volumes. The "host" of a pod is its node, and a node of the lab has no files but those its pods make: each path
 * is a directory (or file) of its own in the lab's state, the same for all pods of the node, kept as long as the lab. The machine
 * itself is never reached, and one path never lies within another, so no link a pod makes leads anywhere.
 */
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { makeDirectory, makeFile } from '../runtime/make-files.ts';
import { MountError } from './mount-error.ts';

/** Types that make what is not there; an empty one stands for a directory, as container runtimes take it. */
const DIRECTORY_TYPES = new Set(['', 'DirectoryOrCreate', 'Directory']);
const FILE_TYPES = new Set(['FileOrCreate', 'File']);

/** Where the path of this node lies; makes it when its type says so. `nodeFiles`: the node's directory in the lab's state. */
export function hostPathPlace(nodeFiles: string, { path, type = '' }: { path: string; type?: string }): string {
  const place = join(
    nodeFiles,
    createHash('sha256')
      .update(normalize(`/${path}/`))
      .digest('hex'),
  );
  const fail = (what: string): never => {
    throw new MountError(`hostPath type check failed: ${path} is not a ${what}`);
  };
  if (DIRECTORY_TYPES.has(type)) {
    if (!existsSync(place)) {
      if (type === 'Directory') fail('directory');
      makeDirectory(place);
    }
    return statSync(place).isDirectory() ? place : fail('directory');
  }
  if (FILE_TYPES.has(type)) {
    if (!existsSync(place)) {
      if (type === 'File') fail('file');
      makeDirectory(nodeFiles);
      makeFile(place, '');
    }
    return statSync(place).isFile() ? place : fail('file');
  }
  throw new MountError(`hostPath type check failed: a node of the lab has no ${type} at ${path}`);
}
