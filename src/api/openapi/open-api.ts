/**
 * Serves the OpenAPI documents: each is made when it is first asked for, and kept as text. The descriptions are read
 * then, too, so that a server nobody asks for them does without.
 */
import { createHash } from 'node:crypto';
import { apiVersionOf } from '../../objects/resource.ts';
import type { DefinitionIndex } from '../definition-index.ts';
import { discover } from '../discovery/discovered.ts';
import { type Descriptions, loadDescriptions } from '../schema/definitions.ts';
import { type DocumentV2, documentV2 } from './document-v2.ts';
import { documentV3 } from './document-v3.ts';
import { type ApiOperation, operationsOf, reviewOperations } from './operations.ts';

export interface OpenApiDocument {
  readonly body: string | Uint8Array;
  /** Upper-case hexadecimal SHA-512, as Kubernetes' index has it. */
  readonly hash: string;
}

/** Definitions of bodies that no operation of a group names, but clients look up by their kind. */
const CORE_EXTRA = ['io.k8s.api.core.v1.Binding', 'io.k8s.api.policy.v1.Eviction'];

export class OpenApi {
  readonly #definitions: DefinitionIndex;
  readonly #version: string;
  readonly #documents = new Map<string, OpenApiDocument>();

  constructor(definitions: DefinitionIndex, kubernetesVersion: string) {
    this.#definitions = definitions;
    this.#version = kubernetesVersion;
  }

  /** `/openapi/v3`: where each group and version's document is. */
  async index(): Promise<object> {
    const paths: Record<string, { serverRelativeURL: string }> = {};
    for (const apiVersion of this.#apiVersions()) {
      const key = apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`;
      const { hash } = await this.#groupVersion(apiVersion);
      paths[key] = { serverRelativeURL: `/openapi/v3/${key}?hash=${hash}` };
    }
    return { paths };
  }

  /** `/openapi/v3/PATH`; undefined when no such group and version is served. */
  async v3(path: string): Promise<OpenApiDocument | undefined> {
    const match = /^(?:api\/([^/]+)|apis\/([^/]+\/[^/]+))$/.exec(path);
    const apiVersion = match?.[1] ?? match?.[2];
    if (apiVersion === undefined || !this.#apiVersions().includes(apiVersion)) return undefined;
    return this.#groupVersion(apiVersion);
  }

  /** `/openapi/v2` as JSON. */
  v2(): Promise<OpenApiDocument> {
    return this.#made('v2', (descriptions) => JSON.stringify(this.#documentV2(descriptions)));
  }

  /** `/openapi/v2` in protobuf. */
  v2Protobuf(): Promise<OpenApiDocument> {
    return this.#made('v2 protobuf', async (descriptions) => {
      const { encodeDocumentV2 } = await import('./document-v2-protobuf.ts');
      return encodeDocumentV2(this.#documentV2(descriptions));
    });
  }

  #documentV2(descriptions: Descriptions): DocumentV2 {
    const operations = this.#apiVersions().flatMap((apiVersion) => this.#operations(apiVersion));
    return documentV2(operations, CORE_EXTRA, descriptions, this.#version);
  }

  #groupVersion(apiVersion: string): Promise<OpenApiDocument> {
    return this.#made(`v3 ${apiVersion}`, (descriptions) => {
      const extra = apiVersion === 'v1' ? CORE_EXTRA : [];
      return JSON.stringify(documentV3(this.#operations(apiVersion), extra, descriptions, this.#version));
    });
  }

  #operations(apiVersion: string): ApiOperation[] {
    const stored = this.#definitions.all.filter(({ type }) => apiVersionOf(type) === apiVersion);
    return [...stored.flatMap(operationsOf), ...reviewOperations(apiVersion)];
  }

  #apiVersions(): string[] {
    return discover(this.#definitions).flatMap(({ name, versions }) =>
      versions.map(({ version }) => (name === '' ? version : `${name}/${version}`)),
    );
  }

  async #made(
    key: string,
    make: (descriptions: Descriptions) => string | Uint8Array | Promise<Uint8Array>,
  ): Promise<OpenApiDocument> {
    const known = this.#documents.get(key);
    if (known !== undefined) return known;
    const body = await make(await loadDescriptions());
    const hash = createHash('sha512').update(body).digest('hex').toUpperCase();
    const document = { body, hash };
    this.#documents.set(key, document);
    return document;
  }
}
