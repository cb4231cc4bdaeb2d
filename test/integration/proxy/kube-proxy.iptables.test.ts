import { kubeProxyCases } from './kube-proxy-cases.ts';
import { IPTABLES } from './proxy-modes.ts';

kubeProxyCases(IPTABLES);
