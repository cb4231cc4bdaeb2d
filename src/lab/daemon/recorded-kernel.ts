/** The daemon's kernel: the real one, with what it makes written down before it is made. */
import type { Journal, Netns } from '../../kernel/kernel.ts';
import { LinuxKernel } from '../../kernel/linux-kernel.ts';
import type { Recorder } from '../record.ts';

/** A kernel whose named namespaces stand in the record: the name before, the inode after, both struck out when removed. */
export class RecordedKernel extends LinuxKernel {
  readonly #recorder: Recorder;

  constructor(recorder: Recorder, journal: Journal) {
    super({
      journal,
      onCreate: (names) => recorder.write(names.map((name) => ({ made: 'netns', name }))),
    });
    this.#recorder = recorder;
  }

  override async createNamespaces(names: readonly Netns[], options?: { readonly ipv6?: boolean }): Promise<void> {
    await super.createNamespaces(names, options);
    this.#recorder.write(names.map((name) => ({ made: 'netns-inode', name, inode: this.namespaceInode(name) })));
  }

  override async deleteNamespaces(names: readonly Netns[]): Promise<void> {
    await super.deleteNamespaces(names);
    this.#recorder.write(names.map((name) => ({ gone: 'netns', name })));
  }
}
