/** Texts as batches. Each is one `nft -f -`, so one transaction: all of it takes effect at once, or nothing. */
import type { Batch } from '../../../kernel/kernel.ts';
import { kernelVersion } from '../kernel-version.ts';
import { chunksOf } from './table-text.ts';

const CHAINS_PER_DELETION = 5000;
const LETS_GO_AT_ONCE = kernelVersion('6.2');

/** The batch of a text; none for an empty one. */
export function nftBatch(text: string): Batch[] {
  return text === '' ? [] : [{ tool: 'nft', text }];
}

/**
 * A change, and the deletion of chains that it empties and that nothing goes to after it: in one transaction where the
 * kernel can. Those before 6.2 let go of a chain only shortly after the transaction that took away the last element naming
 * it: there the deletion comes behind, and one they refuse fails by itself and is tried again with the sync.
 */
export function changeBatches(table: string, text: string, gone: readonly string[], kernelRelease: string): Batch[] {
  if (kernelVersion(kernelRelease) >= LETS_GO_AT_ONCE) return nftBatch(text + deletionText(table, gone));
  return [...nftBatch(text), ...deletionBatches(table, gone)];
}

/** Deletes chains that are empty and that nothing goes to, however many. */
export function deletionBatches(table: string, chains: readonly string[]): Batch[] {
  return chunksOf(chains, CHAINS_PER_DELETION).flatMap((names) => nftBatch(deletionText(table, names)));
}

function deletionText(table: string, chains: readonly string[]): string {
  return chains.map((name) => `delete chain ${table} ${name}\n`).join('');
}
