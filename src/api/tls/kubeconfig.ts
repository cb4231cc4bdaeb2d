/** The text of a kubeconfig with one cluster, one user and one context. */

export interface KubeconfigFields {
  /** Names the cluster, the context and the user. */
  readonly name: string;
  /** `https://127.0.0.1:6443`. */
  readonly server: string;
  /** PEM text. */
  readonly certificateAuthority: string;
  readonly token: string;
}

/** YAML; every value is quoted as JSON is, which YAML reads alike. */
export function kubeconfigText({ name, server, certificateAuthority, token }: KubeconfigFields): string {
  const quoted = JSON.stringify;
  return `apiVersion: v1
kind: Config
clusters:
- name: ${quoted(name)}
  cluster:
    server: ${quoted(server)}
    certificate-authority-data: ${Buffer.from(certificateAuthority).toString('base64')}
users:
- name: ${quoted(name)}
  user:
    token: ${quoted(token)}
contexts:
- name: ${quoted(name)}
  context:
    cluster: ${quoted(name)}
    user: ${quoted(name)}
current-context: ${quoted(name)}
`;
}
