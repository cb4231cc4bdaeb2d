/**
 * Request bodies in `application/vnd.kubernetes.protobuf`, which Go clients prefer for kinds they know: four magic
 * bytes, then an envelope that names the kind, then the object. Its content becomes the JSON it stands for.
 */
import { badRequest } from '../status-error.ts';
import { readFields, toBytes, toText, WireError } from './wire.ts';

export const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';

const MAGIC = Buffer.from('k8s\0');

interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Uint8Array;
}

/**
 * The object of a body. `schemaOf` names the definition of a kind. Throws BadRequest for a body that is no such message
 * or of a kind without definition.
 */
export async function decodeProtobuf(
  bytes: Uint8Array,
  schemaOf: (apiVersion: string, kind: string) => string | undefined,
): Promise<Record<string, unknown>> {
  if (!Buffer.from(bytes.subarray(0, MAGIC.length)).equals(MAGIC)) {
    throw badRequest('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  }
  const { decodeMessage } = await import('./decode-message.ts');
  try {
    const { apiVersion, kind, raw } = readEnvelope(bytes.subarray(MAGIC.length));
    const schema = schemaOf(apiVersion, kind);
    if (schema === undefined) {
      throw badRequest(`no kind "${kind}" is registered for version "${apiVersion}" in the protobuf schema`);
    }
    return { apiVersion, kind, ...decodeMessage(schema, raw) };
  } catch (error) {
    if (error instanceof WireError || error instanceof SyntaxError) throw badRequest(`proto: ${error.message}`);
    throw error;
  }
}

/** Fields of `runtime.Unknown`: 1 the type (1 apiVersion, 2 kind), 2 the object's bytes. */
function readEnvelope(bytes: Uint8Array): Envelope {
  let [apiVersion, kind, raw] = ['', '', new Uint8Array() as Uint8Array];
  for (const { number, value } of readFields(bytes)) {
    if (number === 2) raw = toBytes(value);
    if (number !== 1) continue;
    for (const field of readFields(toBytes(value))) {
      if (field.number === 1) apiVersion = toText(field.value);
      if (field.number === 2) kind = toText(field.value);
    }
  }
  return { apiVersion, kind, raw };
}
