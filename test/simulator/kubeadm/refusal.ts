/** How the stand-in gives up: one message, printed as kubeadm prints its own, and exit code 1. */
export class Refusal extends Error {}
