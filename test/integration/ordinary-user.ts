/** Runs what follows as an ordinary user, who may yet read every file: the checkout may lie where only root looks. */
export const ORDINARY_USER = [
  ...['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'],
  ...['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'],
] as const;
