import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../src/explain/diagnose.ts';
import { mintKubeadm, pemOf } from '../support/mint.ts';

const error = 'x509: certificate is valid for 10.96.0.1, 10.225.4.51, not 10.220.70.56';

function codes(text: string): string[] {
  return diagnose(text).causes.map(({ code }) => code);
}

function notes(text: string): string[] {
  return diagnose(text).notes.map(({ code }) => code);
}

function states(text: string): Record<string, string> {
  const [cause] = diagnose(text).causes;
  return Object.fromEntries((cause?.affected ?? []).map(({ path, state }) => [path, state]));
}

describe('who is affected', () => {
  test('S1: MetalLB through the ClusterIP; the others are sent elsewhere by kubeadm', () => {
    const text =
      '{"caller":"main.go:207","error":"Get \\"https://10.240.0.65:443/api/v1/nodes\\": x509: certificate is valid for 10.240.0.1, 192.168.56.30, not 10.240.0.65","op":"metallb"}';
    expect(states(text)).toEqual({
      pods: 'broken',
      kubelet: 'unaffected',
      'kube-proxy': 'unaffected',
      'remote-kubectl': 'unaffected',
      'controller-manager-scheduler': 'unaffected',
      'kubeadm-join': 'unaffected',
    });
  });

  test('an address that the text calls the ClusterIP is one, whoever dialled it', () => {
    expect(
      states(
        `kubernetes   ClusterIP   10.240.0.65   <none>   443/TCP\n${error.replace('10.220.70.56', '10.240.0.65')}`,
      ),
    ).toMatchObject({
      pods: 'broken',
      kubelet: 'unaffected',
    });
  });

  test('a private load balancer on port 443 is not taken for the ClusterIP', () => {
    expect(
      states(`Unable to connect to the server: Get "https://10.220.70.56:443/api": ${error}`),
    ).toMatchObject({
      'remote-kubectl': 'broken',
      pods: 'possible',
      kubelet: 'possible',
    });
  });

  test('127.0.0.1 is dialled by kubelets of kubespray and by tunnels, never by pods', () => {
    const text = `kubelet[812]: Get "https://127.0.0.1:6443/api": ${error.replace('10.220.70.56', '127.0.0.1')}`;
    expect(states(text)).toMatchObject({
      kubelet: 'broken',
      'remote-kubectl': 'possible',
      pods: 'unaffected',
    });
    expect(diagnose(text).names[0]?.remarks.join()).toContain('--tls-server-name');
  });
});

describe('evidence beside the errors', () => {
  test.each([
    'issuer=CN = egress-proxy',
    '   i:CN = egress-proxy',
    '*  issuer: CN=corp-inspection, O=Example',
    ' 0 s:CN = x\n   i:C = US, O = Zscaler Inc., CN = Zscaler Root CA',
  ])('a foreign issuer turns distrust into a suspicion of interception: %j', (line) => {
    const text = `x509: certificate signed by unknown authority\n${line}`;
    expect(codes(text)).toEqual(['intercepted']);
    expect(notes(text)).toContain('issuer');
  });

  test('distrust without a foreign issuer stays distrust', () => {
    expect(codes('x509: certificate signed by unknown authority\nissuer=CN = kubernetes')).toEqual([
      'untrusted-ca',
    ]);
  });

  test('openssl without a CA says nothing about a certificate that the cluster issued', () => {
    const transcript =
      'verify error:num=20:unable to get local issuer certificate\n 0 s:CN = kube-apiserver\n   i:CN = kubernetes\n';
    expect(codes(transcript)).toEqual(['unknown']);
    expect(notes(transcript)).toContain('no-ca-given');
    expect(codes(`${error}\n${transcript}`)).toEqual(['san-missing']);
  });

  test('a proxy of the environment is named without its password, and is not the endpoint', () => {
    const found = diagnose(
      'HTTPS_PROXY=http://svc:geheim@10.1.1.5:3128\nopenssl s_client -connect 193.164.155.89:6443\nverify error:num=18:self-signed certificate',
    );
    expect(found.causes[0]?.endpoints).toEqual(['193.164.155.89:6443']);
    expect(found.next.some(({ command }) => command.includes("-proxy '10.1.1.5:3128'"))).toBe(true);
    expect(JSON.stringify(found)).not.toContain('geheim');
  });

  test.each([
    ['curl -k https://10.220.70.56:6443/version', 'insecure-test'],
    ['curl -sk https://10.220.70.56:6443/version', 'insecure-test'],
    ['wget --no-check-certificate https://10.220.70.56:6443', 'insecure-test'],
    ['kubectl --insecure-skip-tls-verify get nodes', 'insecure-test'],
    ['    insecure-skip-tls-verify: true', 'insecure-test'],
    ['-----BEGIN RSA PRIVATE KEY-----', 'private-key'],
    ['TASK [kubespray-defaults : Configure defaults]', 'kubespray'],
    ['[certs] certificate apiserver is invalid', 'stale-file'],
  ])('%j beside the error gives the note %s', (line, code) => {
    expect(notes(`${line}\n${error}`)).toContain(code);
  });

  test('curl that checks the certificate is no insecure test', () => {
    expect(notes(`curl --cacert ca.crt https://10.220.70.56:6443/k\n${error}`)).toEqual([]);
  });

  test('a certificate in the text is read, and compared with the name that is missing', () => {
    const { leaf } = pasted();
    const found = diagnose(`${leaf}\n${error.replace('10.220.70.56', '10.0.0.11')}`);
    expect(found.certificates).toHaveLength(1);
    expect(found.certificates[0]?.subject).toContain('kube-apiserver');
    const held = found.certificates[0]?.names ?? [];
    expect(held).toContain('kubernetes.default.svc');
    const again = diagnose(`${leaf}\nx509: certificate is valid for kubernetes, not kubernetes.default.svc`);
    expect(again.notes.map(({ code }) => code)).toContain('held-elsewhere');
  });
});

describe('commands to paste', () => {
  const harmful = [
    'a&touch$IFS$9pwned&b',
    'x|id|y',
    '$HOME',
    'a!b',
    '`id`',
    "a'b",
    'a;b',
    '-oProxyCommand=id',
    'a b',
    '$(id)',
    'a_b.$(id)',
    'a_b.;id',
    '_.`id`',
    'x_y.a|b',
  ];
  test.each(harmful)('nothing of the host %j gets into one', (host) => {
    for (const text of [
      `Get "https://${host}:6443/api": ${error}`,
      `Get "https://${host}:6443/api": x509: certificate signed by unknown authority`,
      error.replace('10.220.70.56', host),
    ]) {
      for (const { command } of diagnose(text).next) expect(command).not.toContain(host);
    }
  });

  test('no text at all puts a character of its own into a command that a shell would obey', () => {
    const quotes = /'[^']*'/g;
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom(...'abc.:/-_@&|;$`!(){}<>*?[]"\'\\ 019=#~%'.split('')),
          maxLength: 40,
        }),
        (host) => {
          for (const text of [
            `Get "https://${host}:6443/api": ${error}`,
            error.replace('10.220.70.56', host),
          ]) {
            for (const { command } of diagnose(text).next) {
              const known = command
                .replace(quotes, '')
                .replaceAll('</dev/null 2>/dev/null | openssl', '')
                .replaceAll('| grep', '')
                .replaceAll('| base64 -d | openssl', '')
                .replace(/^(fix-sans plan(?: --san [\w.:-]+)+) --node USER@CONTROL-PLANE$/, '$1');
              expect(known).toMatch(/^[\w ./:=,-]*$/);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('only what this version has, kubectl, kubeadm, openssl and env', () => {
    const texts = [
      error,
      'x509: certificate signed by unknown authority',
      `${error.replace('10.220.70.56', '10.240.0.65')} metallb`,
    ];
    for (const { command } of texts.flatMap((text) => diagnose(text).next)) {
      expect(command).toMatch(
        /^(?:fix-sans help by-hand$|fix-sans plan --san [\w.:-]+ --node USER@CONTROL-PLANE$|kubectl |kubeadm |openssl |env )/,
      );
    }
  });
});

function pasted(): { leaf: string } {
  const { apiserver } = mintKubeadm('ec');
  return { leaf: pemOf(apiserver.der) };
}
