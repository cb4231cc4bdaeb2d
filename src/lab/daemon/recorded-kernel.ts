/** The daemon's kernel: the real one, with what it makes written down before it is made. */
import type { Journal, Netns } from '../../kernel/kernel.ts';
import { LinuxKernel } from '../../kernel/linux-kernel.ts';
import { deletionOf } from '../../kernel/namespaces.ts';
import type { Recorder } from '../record.ts';

/** A kernel whose named namespaces stand in the record: the name before, the inode after, both struck out when removed. */
export class RecordedKernel extends LinuxKernel {
  readonly #recorder: Recorder;
  readonly #journal: Journal;

  constructor(recorder: Recorder, journal: Journal) {
    super({
      journal,
      onCreate: (names) => recorder.write(names.map((name) => ({ made: 'netns', name }))),
    });
    this.#recorder = recorder;
    this.#journal = journal;
  }

  override async createNamespaces(names: readonly Netns[], options?: { readonly ipv6?: boolean }): Promise<void> {
    await super.createNamespaces(names, options);
    this.#recorder.write(names.map((name) => ({ made: 'netns-inode', name, inode: this.namespaceInode(name) })));
  }

  /**
   * Strikes out namespaces that somebody else removed, and the files that may lie there in their place. The journal notes a
   * removal: a script of it would otherwise make them twice.
   */
  async forgetNamespaces(names: readonly Netns[]): Promise<void> {
    if (names.length === 0) return;
    await super.deleteNamespaces(names);
    this.#journal.append({ at: Date.now(), netns: '', tool: 'netns', ...deletionOf(names), mayFail: true });
    this.#recorder.write(names.map((name) => ({ gone: 'netns', name })));
  }

  override async deleteNamespaces(names: readonly Netns[]): Promise<void> {
    await super.deleteNamespaces(names);
    this.#recorder.write(names.map((name) => ({ gone: 'netns', name })));
  }
}
