/** Speaks to a lab's daemon over its socket. Light on purpose: `podwire status` loads little else. */
import { type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import type { ExecTarget } from './exec-target.ts';
import { LabError, type LabErrorText } from './lab-error.ts';
import type { LabSnapshot } from './lab-snapshot.ts';
import type { LinkChange, LinkState } from './link-state.ts';
import type { ProxyRun, ProxySwitch, SwitchedNode } from './proxy-switch.ts';

export class DaemonClient {
  readonly #lab: string;
  readonly #socketPath: string;

  constructor(lab: string, socketPath: string) {
    this.#lab = lab;
    this.#socketPath = socketPath;
  }

  snapshot(): Promise<LabSnapshot> {
    return this.#call('GET', '/snapshot');
  }

  /** The namespace `name` (node, host, pod, `namespace/pod`) stands in. */
  async netnsOf(name: string): Promise<string> {
    const { netns } = await this.#call<{ netns: string }>('GET', `/netns?${new URLSearchParams({ name })}`);
    return netns;
  }

  /** How a program is started where `name` stands. */
  exec(name: string, argv: readonly [string, ...string[]], container?: string): Promise<ExecTarget> {
    const query = { name, argv: JSON.stringify(argv), ...(container === undefined ? {} : { container }) };
    return this.#call('GET', `/exec?${new URLSearchParams(query)}`);
  }

  async programmed(timeoutMs: number): Promise<void> {
    await this.#call('POST', `/programmed?timeoutMs=${timeoutMs}`);
  }

  /** Changes the backend of kube-proxy; gives the nodes it was changed on, each with the mode it has now. */
  async switchProxyMode({ mode, node, strict, scheduler }: ProxySwitch): Promise<SwitchedNode[]> {
    const query = new URLSearchParams({
      mode,
      ...(node === undefined ? {} : { node }),
      ...(strict === undefined ? {} : { strict: String(strict) }),
      ...(scheduler === undefined ? {} : { scheduler }),
    });
    const { nodes } = await this.#call<{ nodes: SwitchedNode[] }>('POST', `/proxy-mode?${query}`);
    return nodes;
  }

  /** Stops kube-proxy on a node, or on all, or starts it again; gives the nodes. */
  runKubeProxy({ is, node }: ProxyRun): Promise<string[]> {
    const query = new URLSearchParams({ is, ...(node === undefined ? {} : { node }) });
    return this.#call('POST', `/kube-proxy?${query}`);
  }

  /** Which of these capabilities the lab's kernel lacks: by id, why. */
  missing(ids: readonly string[]): Promise<Record<string, string>> {
    return this.#call('GET', `/missing?${new URLSearchParams({ ids: JSON.stringify(ids) })}`);
  }

  /** Every link of the lab and what is wrong with it. */
  links(): Promise<LinkState[]> {
    return this.#call('GET', '/links');
  }

  /** Cuts, heals or changes the link of a node, host or pod; resolves with its new state. */
  changeLink(name: string, change: LinkChange): Promise<LinkState> {
    return this.#call('POST', `/link?${new URLSearchParams({ name, change: JSON.stringify(change) })}`);
  }

  /** Calls `listener` with each new snapshot until the returned function is called or the lab ends. */
  subscribe(listener: (snapshot: LabSnapshot) => void): () => void {
    const abort = new AbortController();
    const follow = async () => {
      const response = await this.#request('GET', '/snapshots', abort.signal);
      for await (const line of createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })) {
        if (abort.signal.aborted) return;
        listener(JSON.parse(line) as LabSnapshot);
      }
    };
    // The stream ends with the lab or with the subscription; who wants to know why asks for a snapshot.
    follow().catch(() => undefined);
    return () => abort.abort();
  }

  async #call<T>(method: string, path: string): Promise<T> {
    const response = await this.#request(method, path);
    let body: unknown;
    try {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      body = JSON.parse(text);
    } catch (error) {
      throw this.#gone(error as NodeJS.ErrnoException);
    }
    if (response.statusCode !== 200) throw new LabError(body as LabErrorText);
    return body as T;
  }

  #request(method: string, path: string, signal?: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = request({
        socketPath: this.#socketPath,
        method,
        path,
        agent: false,
        ...(signal === undefined ? {} : { signal }),
      });
      outgoing.on('response', resolve);
      outgoing.on('error', (error: NodeJS.ErrnoException) => reject(signal?.aborted ? error : this.#gone(error)));
      outgoing.end();
    });
  }

  #gone(error: NodeJS.ErrnoException): LabError {
    if (error.code === 'EACCES')
      return new LabError({
        what: `the lab "${this.#lab}" belongs to another user`,
        why: `its socket ${this.#socketPath} may not be opened`,
        remedy: 'run the command as the user who built it (root): sudo podwire …',
        cause: error,
      });
    const remedy = `run \`podwire up --name ${this.#lab}\`, which takes over what it left, or remove that: podwire down --name ${this.#lab}`;
    if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') {
      const why = 'it has died, or is only just starting';
      return new LabError({ what: `the daemon of the lab "${this.#lab}" does not answer`, why, remedy, cause: error });
    }
    return new LabError({
      what: `the daemon of the lab "${this.#lab}" broke off in the middle of its answer`,
      why: `it has died meanwhile (${error.message}); what was asked of it may be done, or half done`,
      remedy,
      cause: error,
    });
  }
}
