/** Where a lab's namespaces stand: in the host's kernel, or in one of its own, User-mode Linux. */
export const LAB_KERNELS = ['host', 'uml'] as const;
export type LabKernel = (typeof LAB_KERNELS)[number];
