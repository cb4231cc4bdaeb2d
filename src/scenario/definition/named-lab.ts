/** The lab file that a scenario names: relative to it, to be there and good, and known by its nodes and hosts. */
import { LabError } from '../../lab/lab-error.ts';
import { readLabFile } from '../../lab/lab-file.ts';
import type { FileIssue } from '../../lab/yaml-file.ts';
import { manifestPath } from './manifest-files.ts';
import type { Playable } from './scenario.ts';

/** Hosts that every lab has, beside those of its file. */
const OF_THE_FABRIC = ['gateway', 'cloud'];

/** The lab with the path of its file from here. */
export function labOf(lab: Playable['lab'], scenario: string): Playable['lab'] {
  return lab.file === undefined ? lab : { ...lab, file: manifestPath(scenario, lab.file) };
}

/** What is wrong with the lab file; `file` is its path from here. */
export function labFileErrors(file: string | undefined): FileIssue[] {
  if (file === undefined) return [];
  try {
    readLabFile(file);
    return [];
  } catch (error) {
    const message = error instanceof LabError ? error.why : (error as Error).message;
    return [{ path: ['spec', 'lab', 'file'], message }];
  }
}

/** The names of the lab's nodes and hosts; undefined where it may be any lab that is up. The file is good. */
export function hostsOf({ file, nodes }: Playable['lab']): string[] | undefined {
  if (file === undefined || nodes !== undefined) return undefined;
  const lab = readLabFile(file);
  return [...lab.nodes, ...lab.hosts].map(({ name }) => name).concat(OF_THE_FABRIC);
}
