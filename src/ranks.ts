/**
 * The rank table: which folder of `src/` may import which. A folder may import folders of a lower rank, never
 * sideways, never up. `test/architecture/ranks.test.ts` reads every import against it.
 */
export const RANKS: Readonly<Record<string, number>> = {
  net: 0,
  kernel: 1,
  objects: 2,
  api: 3,
  client: 3,
  cni: 3,
  haproxy: 3,
  'proxy/backends': 3,
  policy: 3,
  controllers: 4,
  node: 4,
  proxy: 4,
  dns: 4,
  cloud: 4,
  ingress: 4,
  walk: 5,
  lab: 6,
  scenario: 7,
  tui: 8,
  cli: 9,
};

/** Packages that only one folder may import (types excepted), so that each can be replaced in one place. */
export const SOLE_IMPORTERS: Readonly<Record<string, string>> = {
  koffi: 'kernel',
  '@kubernetes/client-node': 'client',
};
