/** Texts as batches. Each is one `nft -f -`, so one transaction: all of it takes effect at once, or nothing. */
import type { Batch } from '../../../kernel/kernel.ts';
import { chunksOf } from './table-text.ts';

const CHAINS_PER_DELETION = 5000;

/** The batch of a text; none for an empty one. */
export function nftBatch(text: string): Batch[] {
  return text === '' ? [] : [{ tool: 'nft', text }];
}

/**
 * Deletes chains that are empty and that nothing goes to. In a transaction behind the one that took away the last element
 * naming them: kernels before 6.2 let go of a chain only shortly after that one, and a deletion they refuse for it fails
 * by itself and is tried again with the sync.
 */
export function deletionBatches(table: string, chains: readonly string[]): Batch[] {
  return chunksOf(chains, CHAINS_PER_DELETION).flatMap((names) =>
    nftBatch(names.map((name) => `delete chain ${table} ${name}\n`).join('')),
  );
}
