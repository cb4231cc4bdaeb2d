import { kubeProxyCases } from './kube-proxy-cases.ts';
import { NFTABLES } from './proxy-modes.ts';

kubeProxyCases(NFTABLES);
