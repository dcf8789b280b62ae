/** The stories that the tool was made for, told in text alone: each must get the verdict that its teller wants. */
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../src/explain/diagnose.ts';
import type { Diagnosis } from '../../src/model/diagnosis.ts';

function added({ names }: Diagnosis): string[] {
  return names.filter(({ verdict }) => verdict === 'add').map(({ value, count }) => `${value} ×${count}`);
}

function broken({ causes }: Diagnosis): string[] {
  return causes.flatMap(({ affected }) =>
    affected.filter(({ state }) => state === 'broken').map(({ path }) => path),
  );
}

describe('S1: pods fail, everything else works', () => {
  const told = `The \`kubernetes\` Service has a ClusterIP (10.240.0.65 in the story) that is not in the certificate. kubelet, kube-proxy and the admin's
kubectl dial the masters' private addresses or the load balancer's name, so they work; MetalLB's controller, and every other pod that
dials \`kubernetes.default.svc\` → ClusterIP, fails with \`x509: certificate is valid for …, not 10.240.0.65\` and crash-loops.`;

  test('the ClusterIP is missing; pods are broken, the others are not', () => {
    const found = diagnose(told);
    expect(found.exitCode).toBe(2);
    expect(added(found)).toEqual(['10.240.0.65 ×1']);
    expect(broken(found)).toEqual(['pods']);
    expect(found.causes[0]?.affected.filter(({ state }) => state === 'unaffected')).toHaveLength(5);
  });

  test('the same from the log of MetalLB alone', () => {
    const found = diagnose(
      `{"caller":"k8s.go:234","error":"Get \\"https://10.240.0.65:443/apis/metallb.io/v1beta1\\": tls: failed to verify certificate: x509: certificate is valid for 10.240.0.1, 192.168.56.30, not 10.240.0.65","level":"error","msg":"failed to create k8s client","op":"startup"}`,
    );
    expect(added(found)).toEqual(['10.240.0.65 ×1']);
    expect(broken(found)).toEqual(['pods']);
  });
});

test('S3: kubectl through the VIP; kubespray keeps the name only if its inventory has it', () => {
  const found = diagnose(
    'kubectl through the VIP fails with `certificate is valid for 10.233.0.1, 192.168.56.30, 127.0.0.1, 192.168.56.31, 192.168.56.32, not 192.168.56.42`.',
  );
  expect(found.exitCode).toBe(2);
  expect(added(found)).toEqual(['192.168.56.42 ×1']);
  expect(found.names[0]?.held).toContain('127.0.0.1');
  expect(found.notes.find(({ code }) => code === 'kubespray')?.text).toContain(
    'supplementary_addresses_in_ssl_keys',
  );
  expect(found.next.some(({ command }) => command.includes('--tls-server-name kubernetes'))).toBe(true);
});

describe('S4: it is not the certificate', () => {
  const told =
    "kubectl fails with `x509: cannot validate certificate for 193.164.155.89 because it doesn't contain any IP SANs`.";
  const seen = `${told} \`HTTP(S)_PROXY\` is set; the presented certificate is
\`CN=egress-proxy\`, self-issued, no IP SANs; the kubeconfig's CA is \`CN=kubernetes\``;

  test.each([told, seen])(
    'interception is suspected, nothing is to be added, and the check is named',
    (text) => {
      const found = diagnose(text);
      expect(found.exitCode).toBe(8);
      expect(found.causes.map(({ code, certainty }) => `${code} ${certainty}`)).toEqual([
        'intercepted suspected',
      ]);
      expect(added(found)).toEqual([]);
      expect(found.causes[0]?.advice).toContain('do not touch the cluster');
      expect(found.next[0]?.command).toContain("openssl s_client -connect '193.164.155.89:6443'");
      expect(found.next.some(({ where }) => where === 'control-plane')).toBe(true);
    },
  );
});

function memcacheLine(at: number): string {
  return `E0612 10:11:12.${at}    12345 memcache.go:265] "Unhandled Error" err="couldn't get current server API group list: Get \\"https://10.220.70.56:6443/api?timeout=32s\\": tls: failed to verify certificate: x509: certificate is valid for 10.96.0.1, 10.225.4.51, not 10.220.70.56"`;
}

const last =
  'Unable to connect to the server: tls: failed to verify certificate: x509: certificate is valid for 10.96.0.1, 10.225.4.51, not 10.220.70.56';

describe('S5: remote kubectl', () => {
  test('five lines of memcache.go and the last one: one name, said six times', () => {
    const found = diagnose(
      [1, 2, 3, 4, 5]
        .map((at) => memcacheLine(123_450 + at))
        .join('\n')
        .concat('\n', last),
    );
    expect(added(found)).toEqual(['10.220.70.56 ×6']);
    expect(found.names[0]?.endpoints).toEqual(['10.220.70.56:6443']);
    expect(broken(found)).toEqual(['remote-kubectl']);
  });

  test('a whole page, with prose, prompts, the usual recipe and openssl before and after: still the one name', () => {
    const page = `把 admin.conf 拷贝到另一台机器之后，访问外网地址报错：

[root@jump ~]# kubectl get nodes
${[1, 2, 3, 4, 5].map((at) => memcacheLine(223_450 + at)).join('\n')}
${last}

查看证书里的地址：
[root@master ~]# openssl x509 -in /etc/kubernetes/pki/apiserver.crt -noout -text | grep -A1 "Subject Alternative Name"
            X509v3 Subject Alternative Name:
                DNS:kubernetes, DNS:kubernetes.default, DNS:kubernetes.default.svc, DNS:kubernetes.default.svc.cluster.local, DNS:master, IP Address:10.96.0.1, IP Address:10.225.4.51
[root@master ~]# rm -f /etc/kubernetes/pki/apiserver.*
[root@master ~]# kubeadm init phase certs apiserver --apiserver-advertise-address 10.225.4.51 --apiserver-cert-extra-sans 10.220.70.56 --apiserver-cert-extra-sans 10.225.4.52
[certs] Generating "apiserver" certificate and key
[certs] apiserver serving cert is signed for DNS names [kubernetes kubernetes.default kubernetes.default.svc kubernetes.default.svc.cluster.local master] and IPs [10.96.0.1 10.225.4.51 10.220.70.56]
[root@master ~]# openssl x509 -in /etc/kubernetes/pki/apiserver.crt -noout -ext subjectAltName
    DNS:kubernetes, DNS:master, IP Address:10.96.0.1, IP Address:10.225.4.51, IP Address:10.220.70.56
[root@jump ~]# kubectl get nodes
NAME     STATUS   ROLES           AGE   VERSION
master   Ready    control-plane   91d   v1.31.4
`;
    const found = diagnose(page);
    expect(found.names.map(({ value, count, verdict }) => `${verdict} ${value} ×${count}`)).toEqual([
      'add 10.220.70.56 ×6',
    ]);
    expect(found.causes.map(({ code }) => code)).toEqual(['san-missing']);
  });
});

test('a stale CA: the command that shows the one in use works for a kubeconfig that only names its file', () => {
  const found = diagnose(
    'tls: failed to verify certificate: x509: certificate signed by unknown authority (possibly because of "crypto/rsa: verification error" while trying to verify candidate authority certificate "kubernetes")',
  );
  const shown = found.next.find(({ command }) => command.includes('certificate-authority-data'))?.command;
  expect(shown).toContain('kubectl config view --raw --minify --flatten -o jsonpath=');
});
