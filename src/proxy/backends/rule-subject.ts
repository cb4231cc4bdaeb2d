/** What a rule, chain or element of a backend is there for. */
export interface RuleSubject {
  /** `ns/name` */
  readonly service: string;
  /** `ns/name:port` */
  readonly port: string;
  /** `endpoint 10.244.1.2:80`, `all endpoints`, … */
  readonly part?: string;
}
