/** A folder that is `/` for the script that reads a node: a kubespray control plane with secrets wherever a real one has them. */
import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { dns, ip, keyPair, mint, mintKubeadm } from './mint.ts';

export interface NodeTree {
  readonly root: string;
  /** None of these may ever leave the node. */
  readonly canaries: readonly string[];
  write(file: string, text: string, mode?: number): void;
  program(name: string, script: string): void;
  remove(): void;
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function privateKeyText(number: number): string {
  return keyPair('rsa', number).privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
}

/** The lines of a key that tell something. */
function linesOf(pem: string): readonly string[] {
  return pem.split('\n').filter((line) => line.length > 20 && !line.startsWith('-----'));
}

export const address = '192.168.56.30';

export function nodeTree(): NodeTree {
  const root = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-node-'));
  const canaries: string[] = [];
  const secret = () => {
    const canary = `s3cret-${randomBytes(9).toString('hex')}`;
    canaries.push(canary);
    return canary;
  };
  const secretKey = (number: number) => {
    const pem = privateKeyText(number);
    canaries.push(
      ...linesOf(pem),
      ...linesOf(pem).map((line) => base64(line).slice(8, -8)),
      base64(pem).slice(60),
    );
    return pem;
  };
  const write = (file: string, text: string, mode = 0o644) => {
    const at = path.join(root, file);
    mkdirSync(path.dirname(at), { recursive: true });
    writeFileSync(at, text, { mode });
  };
  const program = (name: string, script: string) => {
    write(`usr/bin/${name}`, `#!/bin/sh\n${script}\n`);
    chmodSync(path.join(root, 'usr/bin', name), 0o755);
  };
  const link = (target: string, file: string) => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    symlinkSync(target, path.join(root, file));
  };
  const { ca, apiserver } = mintKubeadm();
  const kubelet = mint({
    issuer: ca,
    subject: 'system:node:cp1',
    organization: 'system:nodes',
    key: keyPair('rsa', 2),
  });
  const admin = mint({ issuer: ca, subject: 'kubernetes-admin', key: keyPair('rsa', 2) });

  // As kubespray lays it out: pki is a link.
  write('etc/kubernetes/ssl/apiserver.crt', apiserver.pem);
  write('etc/kubernetes/ssl/apiserver.key', secretKey(1), 0o600);
  write('etc/kubernetes/ssl/ca.crt', ca.pem);
  write('etc/kubernetes/ssl/ca.key', secretKey(0), 0o600);
  link('ssl', 'etc/kubernetes/pki');
  write(
    'etc/kubernetes/ssl/sni.crt',
    mint({ issuer: ca, names: [dns('api.example.com'), ip('192.0.2.1')] }).pem,
  );
  write('etc/kubernetes/ssl/sni.key', secretKey(3), 0o600);
  write('var/lib/kubelet/pki/kubelet-client-2026.pem', kubelet.pem + secretKey(2), 0o600);
  link('kubelet-client-2026.pem', 'var/lib/kubelet/pki/kubelet-client-current.pem');
  const kubeconfig = (server: string) => `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${base64(ca.pem)}
    server: ${server}
  name: cluster.local
contexts:
- context: {cluster: cluster.local, user: kubernetes-admin}
  name: kubernetes-admin@cluster.local
current-context: kubernetes-admin@cluster.local
kind: Config
users:
- name: kubernetes-admin
  user:
    client-certificate-data: ${base64(admin.pem)}
    client-key-data: ${base64(secretKey(2))}
    token: ${secret()}
    password: "${secret()}"
`;
  for (const name of ['admin', 'super-admin', 'controller-manager', 'scheduler'])
    write(`etc/kubernetes/${name}.conf`, kubeconfig('https://127.0.0.1:6443'), 0o600);
  write(
    'etc/kubernetes/kubelet.conf',
    JSON.stringify({
      clusters: [
        {
          cluster: {
            'certificate-authority': '/etc/kubernetes/ssl/ca.crt',
            server: 'https://localhost:6443',
          },
          name: 'c',
        },
      ],
      users: [
        {
          name: 'u',
          user: {
            'client-certificate': '/var/lib/kubelet/pki/kubelet-client-current.pem',
            'client-key': '/var/lib/kubelet/pki/kubelet-client-current.pem',
            token: secret(),
          },
        },
      ],
    }),
    0o600,
  );
  write('root/.kube/config', kubeconfig('https://api.example.com:443/k8s'), 0o600);

  write(
    'var/lib/kubelet/config.yaml',
    'kind: KubeletConfiguration\nstaticPodPath: "/etc/kubernetes/manifests"\n',
  );
  const flags = [
    `--advertise-address=${address}`,
    '--client-ca-file=/etc/kubernetes/ssl/ca.crt',
    '--secure-port=6443',
    '--service-cluster-ip-range=10.233.0.0/18,fd00:10::/112',
    '--tls-cert-file=/etc/kubernetes/ssl/apiserver.crt',
    '--tls-private-key-file=/etc/kubernetes/ssl/apiserver.key',
    '--tls-sni-cert-key=/etc/kubernetes/ssl/sni.crt,/etc/kubernetes/ssl/sni.key:api.example.com,*.example.com',
  ];
  write(
    'etc/kubernetes/manifests/kube-apiserver.yaml',
    `apiVersion: v1
kind: Pod
metadata:
  annotations:
    kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint: ${address}:6443
  name: kube-apiserver
  namespace: kube-system
spec:
  containers:
  - command:
    - kube-apiserver
    # - --tls-cert-file=/somewhere/old.crt
${flags.map((flag) => `    - ${flag}`).join('\n')}
    env:
    - name: ENCRYPTION_PASSPHRASE
      value: ${secret()}
    image: registry.k8s.io/kube-apiserver:v1.34.4
    name: kube-apiserver
    securityContext:
      runAsUser: 65532
    volumeMounts:
    - mountPath: /etc/kubernetes/ssl
      name: k8s-certs
      readOnly: true
  hostNetwork: true
  volumes:
  - hostPath:
      path: /etc/kubernetes/ssl
      type: DirectoryOrCreate
    name: k8s-certs
`,
    0o600,
  );
  write('etc/kubernetes/manifests/apiserver.key.bak', secretKey(1), 0o600);
  write(
    'etc/kubernetes/manifests/kube-vip.yml',
    `apiVersion: v1
kind: Pod
metadata: {name: kube-vip, namespace: kube-system}
spec:
  containers:
  - name: kube-vip
    image: ghcr.io/kube-vip/kube-vip:v0.8.9
    args:
    - manager
    - --peerPass
    - ${secret()}
    - --token=${secret()}
    env:
    - name: address
      value: "192.168.56.40"
    - name: port
      value: "6443"
    - name: cp_enable
      value: "true"
    - name: bgp_peers
      value: |
        192.168.0.10:65000:${secret()}:false
        192.168.0.11:65000:${secret()}:false
    - {name: bgp_password, value: ${secret()}}
`,
  );
  write(
    'etc/keepalived/keepalived.conf',
    `global_defs { smtp_password ${secret()} }
vrrp_instance VI_1 {
  interface eth0
  authentication {
    auth_type PASS
    auth_pass ${secret()}   # comment
  }
  virtual_ipaddress {
    192.168.56.41/24 dev eth0
    fd00::41
  }
}
virtual_server 192.168.56.41 8443 {
  real_server 192.168.56.30 6443 { weight 1 }
  real_server 192.168.56.31 6443 {
    weight 1
  }
}
`,
    0o600,
  );
  write(
    'etc/haproxy/haproxy.cfg',
    `global
  stats socket /x
userlist admins
  user root insecure-password ${secret()}
defaults
  mode tcp
frontend kube_api
  bind 127.0.0.1:6443
  bind :::8443 v4v6 ssl crt ${secret()}
  default_backend masters
frontend web
  mode http
  bind *:80
  default_backend pages
backend masters
  http-request set-header Authorization ${secret()}
  server cp1 192.168.56.30:6443 check check-ssl
  server cp2 [fd00::31]:6443 check
backend pages
  mode http
  server p 10.0.0.1:80
`,
  );
  write(
    'etc/nginx/nginx.conf',
    `error_log stderr notice;
events { worker_connections 1024; }
stream { upstream kube_apiserver { least_conn; # all
server 192.168.56.30:6443;
server 192.168.56.31:6443; } server { listen 127.0.0.1:6443; listen [::1]:6443;
 proxy_pass kube_apiserver; } }
http { server { listen 8081; location /healthz { proxy_set_header Authorization "Basic ${secret()}"; proxy_pass http://u:${secret()}@10.0.0.9:80; } } }
`,
  );
  write('var/lib/fix-sans/20261121-aa/journal', 'x');
  write('var/lib/fix-sans/20261120-bb/summary', 'x');
  write('usr/local/bin/k8s-certs-renew.sh', '#!/bin/sh\n');
  writeProcesses(root, write, flags, secret);
  writePrograms(program, root);
  return { root, canaries, write, program, remove: () => rmSync(root, { recursive: true, force: true }) };
}

function writeProcesses(
  root: string,
  write: NodeTree['write'],
  flags: readonly string[],
  secret: () => string,
): void {
  write('proc/sys/kernel/hostname', 'cp1.example\n');
  write('proc/sys/kernel/random/boot_id', 'e1187d0e-aca5-4895-a310-6198cad9c2f4\n');
  write('proc/self/mounts', '/dev/sda1 / ext4 rw,relatime 0 0\ntmpfs /run tmpfs ro,nosuid 0 0\n');
  write(
    'proc/net/route',
    'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\nnat0\t00000000\t0202000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\neth1\t0038A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n',
  );
  write('sys/module/nf_tables/refcnt', '1\n');
  write('proc/1/comm', 'systemd\n');
  write('proc/1/ns/net', '');
  for (const space of ['pid', 'mnt']) write(`proc/1/ns/${space}`, '');
  // The process still has an old port range of its own: what runs counts.
  writeProcess(root, '400', {
    comm: 'kube-apiserver',
    cmdline: ['kube-apiserver', ...flags, '--v=4', `--etcd-servers=https://u:${secret()}@h:2379`],
    group: `/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod${'ab'.repeat(16)}.slice/cri-containerd-1.scope`,
    user: 65_532,
  });
  writeProcess(root, '401', {
    comm: 'kubelet',
    cmdline: [
      'kubelet',
      '--config=/var/lib/kubelet/config.yaml',
      '--kubeconfig',
      '/etc/kubernetes/kubelet.conf',
    ],
    group: '/system.slice/kubelet.service',
    // As it is while another version of it has been installed.
    exe: `${path.join(root, 'usr/bin/kubelet')} (deleted)`,
  });
  for (const [pid = '', name = '', digit = ''] of [
    ['500', 'coredns-7d', 'a'],
    ['501', 'probe-x', 'b'],
  ]) {
    const uid = `12345678-1234-1234-1234-12345678901${digit}`;
    writeProcess(root, pid, {
      comm: 'app',
      group: `/kubepods/burstable/pod${uid}/1`,
      hasOwnNetwork: true,
      environ: [
        `DB_PASSWORD=${secret()}`,
        `HOSTNAME=${name}`,
        'KUBERNETES_SERVICE_HOST=10.233.0.1',
        `MULTI=a\n${secret()}`,
        'KUBERNETES_SERVICE_PORT=443',
      ],
    });
    write(`var/log/pods/kube-system_${name}_${uid}/app/0.log`, secret());
  }
}

export interface ProcessOptions {
  readonly comm: string;
  readonly cmdline?: readonly string[];
  readonly environ?: readonly string[];
  /** Its control group, as version 2 has it. */
  readonly group: string;
  readonly user?: number;
  readonly parent?: number;
  /** The file that it was started from. */
  readonly exe?: string;
  readonly hasOwnNetwork?: boolean;
}

/** A namespace is one where its files are one. */
export function writeProcess(root: string, pid: string, options: ProcessOptions): void {
  const { comm, cmdline = [], environ = [], group, user = 0, parent = 1, hasOwnNetwork = false } = options;
  const { exe } = options;
  const folder = path.join(root, 'proc', pid);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(path.join(folder, 'ns'), { recursive: true });
  const write = (file: string, text: string) => writeFileSync(path.join(folder, file), text);
  write('comm', `${comm}\n`);
  write('cmdline', cmdline.map((word) => `${word}\0`).join(''));
  write('environ', environ.map((word) => `${word}\0`).join(''));
  write('cgroup', `0::${group}\n`);
  if (exe !== undefined) symlinkSync(exe, path.join(folder, 'exe'));
  write('status', `Name:\t${comm}\nPPid:\t${parent}\nUid:\t${[user, user, user, user].join('\t')}\n`);
  for (const space of ['net', 'pid', 'mnt']) {
    if (space === 'net' && hasOwnNetwork) write('ns/net', '');
    else linkSync(path.join(root, 'proc/1/ns', space), path.join(folder, 'ns', space));
  }
}

function writePrograms(program: NodeTree['program'], root: string): void {
  program(
    'ip',
    `printf '%s\\n' '1: lo    inet 127.0.0.1/8 scope host lo\\' '2: nat0    inet 10.0.2.15/24 scope global nat0\\' '3: eth1@if4    inet ${address}/24 brd 1.1.1.1 scope global eth1\\' '3: eth1    inet6 fe80::1/64 scope link \\'`,
  );
  program(
    'ss',
    `printf '%s\\n' 'LISTEN 0 4096 127.0.0.1:6443 0.0.0.0:* users:(("haproxy",pid=3,fd=4))' 'LISTEN 0 128 *:10250 *:* users:(("kubelet",pid=1,fd=2))' 'LISTEN 0 128 127.0.0.53%lo:53 0.0.0.0:*' 'LISTEN 0 128 [::]:22 [::]:*'`,
  );
  program(
    'iptables-save',
    `printf '%s\\n' '*nat' ':PREROUTING ACCEPT' '-A PREROUTING -p tcp -m tcp --dport 6443 -j DNAT --to-destination 10.9.9.9:443' '-A KUBE-SEP-X -p tcp -j DNAT --to-destination ${address}:6443' '-A PREROUTING -p tcp --dport 16443 -j ACCEPT' COMMIT '*filter' '-A INPUT -p tcp -m multiport --dports 80,6443 -j DROP' '-A INPUT -p tcp --dport 80 -j DROP' COMMIT`,
  );
  program('ip6tables-save', ':');
  program(
    'nft',
    `printf '%s\\n' 'table ip nat {' '	chain PREROUTING {' '		tcp dport 6443 counter dnat to 10.9.9.9:443' '	}' '}' 'table inet firewalld {' '	chain filter_IN {' '		tcp dport 6443 reject' '		tcp dport 22 accept' '	}' '}' 'table ip kube-proxy {' '	chain x {' '		tcp dport 6443 drop' '	}' '}'`,
  );
  program(
    'getfacl',
    `printf '# file: %s\\n# owner: root\\nuser::rw-\\nuser:prometheus:r--\\ngroup::r--\\nmask::r--\\nother::---\\n\\n' "${root}/etc/kubernetes/ssl/apiserver.crt"`,
  );
  program('kubeadm', '[ "$*" = "version -o short" ] && echo v1.34.4');
  program('kubectl', fakeKubectl(root));
  program('kubelet', ':');
}

/** Answers only if it is called exactly as it should be. */
function fakeKubectl(root: string): string {
  const given = `--kubeconfig ${root}/etc/kubernetes/admin.conf --server https://${address}:6443 --tls-server-name kubernetes --certificate-authority ${root}/etc/kubernetes/pki/ca.crt --request-timeout 5s get --raw`;
  return `
case "$*" in "${given.replace('/pki/', '/ssl/')} "*) ;; *) echo "wrong arguments: $*" >&2; exit 2 ;; esac
[ -z "$HTTPS_PROXY$KUBECONFIG" ] || exit 3
for path; do :; done
echo "Warning: talk on stderr" >&2
case $path in
  /version) echo '{"gitVersion":"v1.34.4"}' ;;
  */services/kubernetes) echo '{"spec":{"clusterIP":"10.233.0.1","clusterIPs":["10.233.0.1"],"ports":[{"name":"https","port":443}]}}' ;;
  */configmaps/kubeadm-config) printf '%s' '{"metadata":{"resourceVersion":"232"},"data":{"ClusterConfiguration":"apiVersion: kubeadm.k8s.io/v1beta4\\nkind: ClusterConfiguration\\napiServer:\\n  certSANs:\\n  - localhost\\n"}}' ;;
  */configmaps/cluster-info) echo 'Error from server (Forbidden): configmaps "cluster-info" is forbidden' >&2; exit 1 ;;
  */nodes*control-plane\\&*) echo '{"items":[{"metadata":{"name":"cp1"},"status":{"addresses":[{"type":"InternalIP","address":"${address}"}],"conditions":[{"type":"Ready","status":"True"}],"images":[{"names":["a","b"],"sizeBytes":1}]}}]}' ;;
  */services\\?fieldSelector*) echo 'Error from server (BadRequest): field label not supported: spec.type' >&2; exit 1 ;;
  */services\\?limit*) echo '{"items":[{"metadata":{"name":"lb","namespace":"kube-system"},"spec":{"type":"LoadBalancer","selector":{"component":"kube-apiserver"},"ports":[{"port":443,"targetPort":6443}]},"status":{"loadBalancer":{"ingress":[{"ip":"192.168.56.42"}]}}}]}' ;;
  *) echo '{"items":[]}' ;;
esac`;
}
