/** A Deployment's pod template: when two are the same, and the hash that names a ReplicaSet. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { PodTemplateSpec } from '../../objects/wire.ts';

export const HASH_LABEL = 'pod-template-hash';
/** Kubernetes' alphabet for generated names: no vowels, no digits that look like letters. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** True when the templates are equal but for the hash label that a ReplicaSet's copy carries. */
export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return isDeepStrictEqual(comparable(a), comparable(b));
}

/**
 * A name-safe hash of the template: 32-bit FNV-1a of its canonical JSON, spelt as Kubernetes spells its own (which
 * hashes Go structures, so the values differ). `collisionCount` leads to another hash when a name is taken.
 */
export function templateHash(template: PodTemplateSpec | undefined, collisionCount = 0): string {
  const text = canonical(comparable(template)) + (collisionCount > 0 ? String(collisionCount) : '');
  return safeEncode(fnv1a(text));
}

/** The hash of any JSON value, in the same spelling. */
export function hashOf(value: unknown): string {
  return safeEncode(fnv1a(canonical(value)));
}

function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return String(hash);
}

function safeEncode(digits: string): string {
  return [...digits].map((digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]).join('');
}

function comparable(template: PodTemplateSpec | undefined): unknown {
  const { labels = {}, annotations = {} } = template?.metadata ?? {};
  const { [HASH_LABEL]: _hash, ...others } = labels;
  return { labels: others, annotations, spec: template?.spec };
}

/** JSON with the keys of every object in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
