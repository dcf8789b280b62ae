/** A real Ansible on the control planes, from an inventory: what kubespray makes of it, by a play of ours or by kubespray's own tasks. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { parse, stringify } from 'yaml';
import type { LabCluster } from '../lab/handle.ts';
import { installPython } from '../lab/node-python.ts';
import { ansibleBin, kubesprayBin } from '../support/ansible.ts';
import { firstNode } from '../lab/state.ts';

/** In memory, so that nothing in use is touched. */
export const scratch = '/run/as-kubespray';

export interface Play {
  /** By the name in the inventory. */
  readonly changed: Readonly<Record<string, number>>;
  readonly output: string;
}

/** All of it but what the inventory says: kubespray would write to the real folders, with the real Kubernetes. */
const given = {
  ansible_python_interpreter: '/usr/bin/python3',
  kube_config_dir: scratch,
  kube_cert_dir: `${scratch}/ssl`,
  bin_dir: '/usr/bin',
  // An older kubespray knows none for this Kubernetes.
  etcd_version: '3.6.0',
  coredns_version: '1.12.0',
  kube_network_plugin: 'cni',
};

/** A checkout of kubespray's; without one it is done as its documentation and tags say, by test/cluster/as-kubespray. */
const checkout = process.env['KUBESPRAY_DIR'];

/** A folder as kubespray finds it on each control plane: the CA, and a pair that is some time old. */
export async function prepareNodes(cluster: LabCluster, pair: string): Promise<void> {
  await installPython(cluster.controlPlanes);
  for (const node of cluster.controlPlanes)
    await cluster.inNode(
      node,
      `rm -rf ${scratch}
mkdir -p ${scratch}/ssl
cp -a /etc/kubernetes/ssl/ca.crt /etc/kubernetes/ssl/ca.key ${scratch}/ssl/
cp -a ${pair}/old.crt ${scratch}/ssl/apiserver.crt
cp -a ${pair}/old.key ${scratch}/ssl/apiserver.key
`,
    );
}

export async function playKubespray(
  cluster: LabCluster,
  { inventory, folder }: { readonly inventory: string; readonly folder: string },
): Promise<Play> {
  const { privateKeyFile, knownHostsFile } = cluster.ssh(firstNode(cluster), 'root');
  const bin = checkout === undefined ? await ansibleBin() : await kubesprayBin(checkout);
  const play =
    checkout === undefined
      ? path.join(import.meta.dirname, 'as-kubespray/play.yml')
      : ownTasks(checkout, folder);
  const { all, exitCode } = await execa(
    path.join(bin, 'ansible-playbook'),
    [
      '--inventory',
      inventory,
      '--user',
      'root',
      '--private-key',
      privateKeyFile,
      '--extra-vars',
      JSON.stringify(given),
      play,
    ],
    {
      all: true,
      reject: false,
      extendEnv: false,
      cwd: folder,
      env: {
        PATH: `${bin}:/usr/bin:/bin`,
        HOME: folder,
        LC_ALL: 'C.UTF-8',
        ANSIBLE_NOCOLOR: '1',
        ANSIBLE_PIPELINING: '1',
        ANSIBLE_SSH_ARGS: `-F none -o UserKnownHostsFile=${knownHostsFile} -o ControlMaster=auto -o ControlPersist=30s`,
        ...(checkout === undefined ? {} : { ANSIBLE_ROLES_PATH: `${folder}:${checkout}/roles` }),
      },
    },
  );
  if (exitCode !== 0) throw new Error(all);
  const recap = [...all.matchAll(/^(\S+) +: ok=\d+ +changed=(\d+)/gm)];
  return {
    changed: Object.fromEntries(recap.map(([, host = '', changed]) => [host, Number(changed)])),
    output: all,
  };
}

/** Those of its tasks that are about the names, in its order, as a role with its defaults and templates. */
function ownTasks(from: string, folder: string): string {
  const role = path.join(from, 'roles/kubernetes/control-plane');
  const tasks = parse(readFileSync(path.join(role, 'tasks/kubeadm-setup.yml'), 'utf8')) as {
    readonly name: string;
  }[];
  const about =
    /already run|aggregate all SANs|api_fqdn|Create kubeadm config|apiserver\.crt SANs|regenerate apiserver cert/;
  const made = path.join(folder, 'names');
  mkdirSync(path.join(made, 'tasks'), { recursive: true });
  for (const part of ['defaults', 'templates', 'vars', 'handlers'])
    if (existsSync(path.join(role, part)) && !existsSync(path.join(made, part)))
      symlinkSync(path.join(role, part), path.join(made, part));
  writeFileSync(path.join(made, 'tasks/main.yml'), stringify(tasks.filter(({ name }) => about.test(name))));
  const play = path.join(folder, 'own.yml');
  // What it is made of is another in each release: facts of the hosts and defaults that lie in roles of their own.
  const others = ['network_facts', 'kubernetes/kubeadm_common'];
  const roles = [
    'kubespray_defaults',
    ...others.filter((one) => existsSync(path.join(from, 'roles', one))),
    'names',
  ];
  writeFileSync(play, stringify([{ hosts: 'kube_control_plane', roles }]));
  return play;
}
