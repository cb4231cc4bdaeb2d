/** A link of the lab as `podwire link` lists it. */
import type { Link, LinkFault } from '../cni/link-fault.ts';

export interface LinkState extends Link {
  /** The name it is asked for by: `node-1`, `client`, `default/web`. */
  readonly target: string;
  readonly kind: 'node' | 'gateway' | 'host' | 'pod';
  readonly fault: LinkFault;
}

/** What is to become of a link. */
export type LinkChange =
  | { readonly action: 'cut' | 'heal' }
  /** Added to what is wrong with it already. */
  | { readonly action: 'set'; readonly fault: LinkFault };
