/** The files of an inventory in which the names for the certificate stand or belong. They may hold passwords, so they are no facts. */

/** Weakest first. The variable replaces, it never merges: https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_variables.html */
export const levels = ['all', 'k8s_cluster', 'kube_control_plane', 'host'] as const;

export interface VariableFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
  readonly level: (typeof levels)[number];
  /** Of host_vars. */
  readonly host?: string;
}

export interface InventorySource {
  /** In which the variable is set, in the order in which Ansible reads them: a later one of the same level wins. */
  readonly files: readonly VariableFile[];
  /** Where it goes if it is nowhere. */
  readonly belongs: { readonly path: string; readonly text: string };
  /** As the inventory calls them. */
  readonly controlPlanes: readonly string[];
  /** Why nothing is edited: it is set where no edit reaches, or what is in effect is not known. */
  readonly fault?: { readonly where: string; readonly why: string };
}
