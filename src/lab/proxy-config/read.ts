/**
 * Reads kube-proxy's own configuration file, alone or in the ConfigMap kubeadm keeps it in. Strict: an unknown field is an error,
 * told with its place in the text and in Kubernetes' words.
 */
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import type { ProxyMode } from '../../objects/proxy-mode.ts';
import { LabError } from '../lab-error.ts';
import { type FileIssue, parseYamlFile } from '../yaml-file.ts';
import { checkMode, checkProxyOptions } from './checks.ts';
import { PROXY_CONFIG_SCHEMA, type ProxyOptions } from './schema.ts';

export interface ReadProxyConfig {
  readonly options: ProxyOptions;
  /** Undefined: the file leaves it open. */
  readonly mode: ProxyMode | undefined;
}

const VERSION = 'kubeproxy.config.k8s.io/v1alpha1';
const KIND = 'KubeProxyConfiguration';
/** The key of kubeadm's ConfigMap kube-system/kube-proxy. */
const CONFIG_MAP_KEY = 'config.conf';

/** Reads the file at `path`. Throws a `LabError` (exit code 2) with every place that is wrong. */
export function readProxyConfig(path: string): ReadProxyConfig {
  try {
    return parseProxyConfig(readFileSync(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof LabError) throw error;
    throw new LabError({
      what: `cannot read kube-proxy's configuration ${JSON.stringify(path)}`,
      why: (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as Error).message,
      remedy: 'name a file of kind KubeProxyConfiguration with --proxy-config',
      exitCode: 2,
      cause: error,
    });
  }
}

/** Checks a text; `path` is for the messages. */
export function parseProxyConfig(text: string, path: string): ReadProxyConfig {
  const file = parseYamlFile(text, path);
  if ('problems' in file) throw refusal(path, file.problems);
  const inner = configMapText(file.value);
  if (inner !== undefined) return parseProxyConfig(inner, `${path} (${CONFIG_MAP_KEY})`);
  const { apiVersion, kind } = (file.value ?? {}) as { apiVersion?: unknown; kind?: unknown };
  if (apiVersion !== VERSION || kind !== KIND) {
    const message = `no kind ${JSON.stringify(kind ?? '')} is registered for version ${JSON.stringify(apiVersion ?? '')}; a configuration is ${KIND} of ${VERSION}`;
    throw refusal(path, [file.describe({ path: ['kind'], message })]);
  }
  const parsed = PROXY_CONFIG_SCHEMA.safeParse(file.value);
  if (!parsed.success) throw refusal(path, parsed.error.issues.flatMap(describe).map(file.describe));
  const { apiVersion: _, kind: __, mode, ...options } = parsed.data;
  const issues = [...checkMode(mode), ...checkProxyOptions(options)];
  if (issues.length > 0) throw refusal(path, issues.map(file.describe));
  return { options, mode: mode === '' ? undefined : (mode as ProxyMode) };
}

function configMapText(value: unknown): string | undefined {
  const { kind, data } = (value ?? {}) as { kind?: unknown; data?: Record<string, unknown> };
  const text = kind === 'ConfigMap' ? data?.[CONFIG_MAP_KEY] : undefined;
  return typeof text === 'string' ? text : undefined;
}

/** An issue of the schema in the words of Kubernetes' decoder. */
function describe(issue: z.core.$ZodIssue): FileIssue[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: `strict decoding error: unknown field ${JSON.stringify([...path, key].join('.'))}`,
    }));
  if (issue.code === 'invalid_type') {
    const type = { int: 'int32', number: 'int32', boolean: 'bool', array: '[]string', object: 'struct' }[
      issue.expected as string
    ];
    return [{ path, message: `json: cannot unmarshal into Go struct field of type ${type ?? issue.expected}` }];
  }
  return [{ path, message: issue.message }];
}

function refusal(path: string, lines: readonly string[]): LabError {
  return new LabError({
    what: `kube-proxy's configuration ${path} is unusable`,
    why: lines.join('\n'),
    remedy: 'correct the places named; docs/kube-proxy-config.md has an example',
    exitCode: 2,
  });
}
