import { kubeProxyCases } from './kube-proxy-cases.ts';
import { USERSPACE } from './proxy-modes.ts';

kubeProxyCases(USERSPACE);
