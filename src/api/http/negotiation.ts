/** The form of the answer, from the `Accept` header: the object as it is, a Table of it, or its metadata alone. */
import { notAcceptable } from '../status-error.ts';

export type Encoding = 'json' | 'yaml';

export type AnswerForm =
  | { readonly as: 'object'; readonly encoding: Encoding }
  | { readonly as: 'table' | 'metadata'; readonly encoding: 'json'; readonly version: 'v1' | 'v1beta1' };

export const JSON_TYPE = 'application/json';
const ACCEPTED = [JSON_TYPE, 'application/yaml'];

interface MediaRange {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

function parseAccept(header: string): MediaRange[] {
  return header.split(',').map((range) => {
    const [type = '', ...rest] = range.split(';').map((part) => part.trim());
    const parameters = Object.fromEntries(rest.map((parameter) => parameter.split('=', 2) as [string, string]));
    return { type: type.toLowerCase(), parameters };
  });
}

/** The first form of the header we can give. Throws 406 when there is none (a client that takes protobuf only). */
export function negotiate(accept: string | undefined): AnswerForm {
  if (accept === undefined || accept === '' || accept === JSON_TYPE) return { as: 'object', encoding: 'json' };
  for (const range of parseAccept(accept)) {
    const form = formOf(range);
    if (form !== undefined) return form;
  }
  throw notAcceptable(ACCEPTED);
}

function formOf({ type, parameters }: MediaRange): AnswerForm | undefined {
  if (parameters.q === '0') return undefined;
  if (type === 'application/yaml') return { as: 'object', encoding: 'yaml' };
  if (type !== JSON_TYPE && type !== 'application/*' && type !== '*/*') return undefined;
  if (parameters.as === undefined) return { as: 'object', encoding: 'json' };
  const { as, v, g } = parameters;
  if (g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) return undefined;
  if (as === 'Table') return { as: 'table', encoding: 'json', version: v };
  if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') {
    return { as: 'metadata', encoding: 'json', version: v };
  }
  return undefined;
}

/** Whether the header asks for aggregated discovery, and in which version. */
export function wantsAggregatedDiscovery(accept: string | undefined): 'v2' | 'v2beta1' | undefined {
  for (const { type, parameters } of parseAccept(accept ?? '')) {
    if (type !== JSON_TYPE) continue;
    const { as, v, g } = parameters;
    if (as === undefined) return undefined;
    if (as === 'APIGroupDiscoveryList' && g === 'apidiscovery.k8s.io' && (v === 'v2' || v === 'v2beta1')) return v;
  }
  return undefined;
}
