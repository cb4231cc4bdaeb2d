/** The API types of @kubernetes/client-node as they travel: JSON, with times as RFC 3339 strings. */
import type * as k8s from '@kubernetes/client-node';

export type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer E)[]
    ? Wire<E>[]
    : T extends object
      ? { [K in keyof T]: Wire<T[K]> }
      : T;

export type ObjectMeta = Wire<k8s.V1ObjectMeta>;
export type OwnerReference = Wire<k8s.V1OwnerReference>;
export type Status = Wire<k8s.V1Status>;
export type StatusCause = Wire<k8s.V1StatusCause>;
export type LabelSelector = Wire<k8s.V1LabelSelector>;

/** Any stored object: typed metadata, everything else as JSON. */
export interface ApiObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
}

export type Namespace = Wire<k8s.V1Namespace>;
export type Node = Wire<k8s.V1Node>;
export type Pod = Wire<k8s.V1Pod>;
export type PodSpec = Wire<k8s.V1PodSpec>;
export type PodStatus = Wire<k8s.V1PodStatus>;
export type PodCondition = Wire<k8s.V1PodCondition>;
export type PodTemplateSpec = Wire<k8s.V1PodTemplateSpec>;
export type Container = Wire<k8s.V1Container>;
export type ContainerPort = Wire<k8s.V1ContainerPort>;
export type ContainerStatus = Wire<k8s.V1ContainerStatus>;
export type Probe = Wire<k8s.V1Probe>;
export type Service = Wire<k8s.V1Service>;
export type ServiceSpec = Wire<k8s.V1ServiceSpec>;
export type ServicePort = Wire<k8s.V1ServicePort>;
export type Endpoints = Wire<k8s.V1Endpoints>;
export type EndpointSubset = Wire<k8s.V1EndpointSubset>;
export type EndpointSlice = Wire<k8s.V1EndpointSlice>;
export type Endpoint = Wire<k8s.V1Endpoint>;
export type ConfigMap = Wire<k8s.V1ConfigMap>;
export type Secret = Wire<k8s.V1Secret>;
export type ServiceAccount = Wire<k8s.V1ServiceAccount>;
export type Event = Wire<k8s.CoreV1Event>;
export type EventV1 = Wire<k8s.EventsV1Event>;
export type Lease = Wire<k8s.V1Lease>;
export type ReplicationController = Wire<k8s.V1ReplicationController>;
export type Deployment = Wire<k8s.V1Deployment>;
export type ReplicaSet = Wire<k8s.V1ReplicaSet>;
export type StatefulSet = Wire<k8s.V1StatefulSet>;
export type DaemonSet = Wire<k8s.V1DaemonSet>;
export type ControllerRevision = Wire<k8s.V1ControllerRevision>;
/** The client library calls the member `_from`; on the wire it is `from`. */
export type NetworkPolicyIngressRule = Omit<Wire<k8s.V1NetworkPolicyIngressRule>, '_from'> & {
  from?: NetworkPolicyPeer[];
};
export type NetworkPolicySpec = Omit<Wire<k8s.V1NetworkPolicySpec>, 'ingress'> & {
  ingress?: NetworkPolicyIngressRule[];
};
export type NetworkPolicy = Omit<Wire<k8s.V1NetworkPolicy>, 'spec'> & { spec?: NetworkPolicySpec };
export type NetworkPolicyPeer = Wire<k8s.V1NetworkPolicyPeer>;
export type NetworkPolicyPort = Wire<k8s.V1NetworkPolicyPort>;
export type Ingress = Wire<k8s.V1Ingress>;
export type IngressBackend = Wire<k8s.V1IngressBackend>;
export type IngressClass = Wire<k8s.V1IngressClass>;
export type ServiceCIDR = Wire<k8s.V1ServiceCIDR>;
export type IPAddress = Wire<k8s.V1IPAddress>;
