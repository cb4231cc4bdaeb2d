/**
 * Link, address, route, neighbour and FDB operations as typed data. `render-ops.ts` turns them into the lines of
 * `ip -batch` and `bridge -batch`; a netlink applier may take the tool's place without touching a planner.
 */

export type LinkKind =
  | { readonly kind: 'bridge'; readonly mac?: string }
  /** Takes addresses, sends nothing. */
  | { readonly kind: 'dummy'; readonly mac?: string }
  | {
      readonly kind: 'veth';
      readonly peer: { readonly name: string; readonly netns?: string; readonly mac?: string; readonly mtu?: number };
      readonly mac?: string;
    }
  | {
      readonly kind: 'vxlan';
      readonly vni: number;
      readonly port: number;
      readonly local: string;
      readonly device: string;
      readonly learning: boolean;
      readonly mac?: string;
    };

export type IpOp =
  | {
      readonly op: 'link-add';
      readonly name: string;
      readonly link: LinkKind;
      readonly mtu?: number;
      readonly master?: string;
      readonly up?: boolean;
    }
  | {
      readonly op: 'link-set';
      readonly name: string;
      readonly up?: boolean;
      readonly down?: boolean;
      readonly master?: string;
      readonly mtu?: number;
      readonly mac?: string;
      readonly rename?: string;
      readonly netns?: string;
    }
  | { readonly op: 'link-delete'; readonly name: string }
  | {
      /** `address-replace` leaves an address that stands as it is. */
      readonly op: 'address-add' | 'address-replace';
      readonly cidr: string;
      readonly device: string;
      readonly broadcast?: boolean;
      readonly noDad?: boolean;
    }
  | { readonly op: 'address-delete'; readonly cidr: string; readonly device: string }
  | {
      readonly op: 'route-add' | 'route-replace' | 'route-delete';
      /** A CIDR or `default`. */
      readonly destination: string;
      readonly via?: string;
      readonly device?: string;
      readonly onlink?: boolean;
      readonly source?: string;
      readonly scope?: 'link' | 'host' | 'global';
      /** To the namespace itself: a route of the kernel's table `local`. */
      readonly isLocal?: boolean;
    }
  | {
      readonly op: 'neighbour-replace' | 'neighbour-delete';
      readonly address: string;
      readonly mac: string;
      readonly device: string;
    };

export type BridgeOp =
  | {
      readonly op: 'fdb-append' | 'fdb-replace' | 'fdb-delete';
      readonly mac: string;
      readonly device: string;
      readonly destination: string;
    }
  | {
      readonly op: 'port-set';
      readonly device: string;
      readonly hairpin?: boolean;
      readonly isolated?: boolean;
      readonly learning?: boolean;
    };
