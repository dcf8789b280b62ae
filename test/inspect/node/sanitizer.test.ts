import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { keyPair, mint } from '../../support/mint.ts';
import { sanitize } from '../../support/sanitized.ts';

const secret = fc.stringMatching(/^[A-Za-z0-9+/]{24,60}$/).map((text) => `S3${text}`);

describe('kubeconfigs', () => {
  const credentials = fc.record({
    token: secret,
    password: secret,
    username: secret,
    key: secret,
    exec: secret,
    flow: fc.boolean(),
    json: fc.boolean(),
    quote: fc.constantFrom('QUOTE_DOUBLE' as const, 'QUOTE_SINGLE' as const, 'PLAIN' as const),
    width: fc.constantFrom(0, 30, 80),
  });

  test('give their servers and none of their secrets, however they are written', () => {
    const made = fc.sample(credentials, 150).map((one) => {
      const object = {
        apiVersion: 'v1',
        clusters: [
          { name: 'c', cluster: { server: 'https://10.0.0.1:6443', 'tls-server-name': 'kubernetes' } },
        ],
        users: [
          {
            name: 'u',
            user: {
              token: one.token,
              password: one.password,
              username: one.username,
              'client-key-data': one.key,
              exec: { command: 'aws', env: [{ name: 'AWS', value: one.exec }] },
              'auth-provider': { config: { 'id-token': one.token, 'client-secret': one.password } },
            },
          },
        ],
      };
      const text = one.json
        ? JSON.stringify(object, undefined, one.flow ? 2 : undefined)
        : stringify(object, {
            collectionStyle: one.flow ? 'flow' : 'block',
            defaultStringType: one.quote,
            lineWidth: one.width,
          });
      return {
        text,
        isFolded: one.width === 30,
        secrets: [one.token, one.password, one.username, one.key, one.exec],
      };
    });
    const { files, raw } = sanitize(
      'kubeconfig',
      made.map(({ text }) => text),
    );
    expect(files).toHaveLength(made.length);
    for (const [index, { secrets, isFolded }] of made.entries()) {
      const { lines = [] } = files[index] ?? {};
      // Nobody folds an address; then it is said that none was found.
      expect(isFolded || lines.includes('server\thttps://10.0.0.1:6443')).toBe(true);
      expect(isFolded || lines.includes('tls-server-name\tkubernetes')).toBe(true);
      // Folded lines would show a part of it.
      for (const one of secrets) expect(raw).not.toContain(one.slice(2, 10));
    }
  });

  test('certificates in them pass, keys in their place do not', () => {
    const certificate = mint().pem;
    const key = keyPair('rsa').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    // At each of the three places where the words can start in a group of base64.
    const bundles = ['', ' ', '  '].map((shift) => Buffer.from(certificate + shift + key).toString('base64'));
    const { files } = sanitize('kubeconfig', [
      `certificate-authority-data: ${Buffer.from(certificate).toString('base64')}`,
      `certificate-authority-data: ${Buffer.from(key).toString('base64')}`,
      ...bundles.map((bundle) => `client-certificate-data: ${bundle}`),
    ]);
    expect(files[0]?.lines[0]).toContain('LS0t');
    expect(files.slice(1).map(({ lines }) => lines)).toEqual([
      ['certificate-authority-data\t?'],
      ['client-certificate-data\t?'],
      ['client-certificate-data\t?'],
      ['client-certificate-data\t?'],
    ]);
  });

  test('comments are no configuration, and of an address with user information nothing passes', () => {
    const { files } = sanitize('kubeconfig', [
      '# server: https://old:6443\nclusters:\n- cluster: {server: "https://me:pass@10.0.0.1:6443"} # server: https://other\n  proxy-url: http://u:p@proxy:3128\n',
    ]);
    expect(files[0]?.lines).toEqual(['server\t?', 'server\thttps://other', 'proxy-url\t?']);
  });
});

describe('manifests', () => {
  test('values of variables stay, whatever their shape, except those that tell of a load balancer', () => {
    const made = fc.sample(
      fc.tuple(secret, fc.constantFrom('plain', 'block', 'folded', 'flow', 'json', 'quoted', 'first')),
      150,
    );
    const texts = made.map(([value, shape]) => {
      const head = 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - env:\n';
      switch (shape) {
        case 'block':
          return `${head}    - name: BGP\n      value: |-\n        ${value}\n        ${value}\n    image: x\n`;
        case 'folded':
          return `${head}    - name: BGP\n      value: "${value}\n        ${value}"\n    image: x\n`;
        case 'flow':
          return `${head}    - {name: BGP, value: ${value}}\n    - {value: '${value}', name: X}\n    image: x\n`;
        case 'json':
          return JSON.stringify({
            apiVersion: 'v1',
            kind: 'Pod',
            spec: { containers: [{ env: [{ name: 'A', value: value }], image: 'x' }] },
          });
        case 'quoted':
          return `${head}    - name: "BGP"\n      value: '${value}'\n    image: x\n`;
        case 'first':
          return `${head}    - value: ${value}\n      name: BGP\n    image: x\n`;
        default:
          return `${head}    - name: BGP\n      value: ${value}\n    - --password\n    - ${value}\n    - --my-token=${value}\n    image: x\n`;
      }
    });
    const { files, raw } = sanitize('manifest', texts);
    for (const [index, [value]] of made.entries()) {
      expect(raw).not.toContain(value);
      expect(files[index]?.lines).toContain('spec.containers.0.image\tx');
    }
  });

  test('what is no manifest shows nothing of itself', () => {
    const key = keyPair('rsa').privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    const { files } = sanitize('manifest', [
      key,
      'root:$6$x:1::\n',
      '---\n# a comment\n',
      '\u0000\u0001junk\n',
    ]);
    expect(files.flatMap(({ lines }) => lines)).toEqual([]);
    expect(files.map(({ remarks }) => remarks)).toEqual([['fault:1'], ['fault:1'], ['no-pod'], ['fault:1']]);
  });
});

describe('certificates', () => {
  test('any bytes at all give no line but those of certificates', () => {
    const pem = mint().pem;
    const made = fc.sample(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), 200);
    const { files } = sanitize(
      'certificate',
      made.map(
        ([before, after]) => `x${before.replaceAll('-----', '')}\n${pem}${after.replaceAll('-----', '')}`,
      ),
    );
    for (const file of files) expect(file.lines.map((line) => `${line}\n`).join('')).toBe(pem);
  });

  test('of a file that is too large, the rest stays', () => {
    const { files } = sanitize('certificate', [mint().pem + 'x'.repeat(300_000), 'y\n'.repeat(200_000)]);
    expect(files.map(({ remarks }) => remarks.includes('too-large'))).toEqual([true, true]);
  });
});

test('no text of a file passes for the head of another', () => {
  for (const kind of ['nginx', 'haproxy', 'keepalived', 'manifest', 'kubeconfig', 'certificate']) {
    const { files } = sanitize(kind, [
      'kind: Pod\n>certificate\t/etc/forged\nserver >certificate;\nbind >x\nvirtual_ipaddress {\n>certificate\t/x\n}\nserver: ">certificate"\n',
    ]);
    expect(files).toHaveLength(1);
  }
});

describe('a secret stays on the node', () => {
  const s = 'S3cretTokenValue0123456789abcdefABCDEF';
  const pod = 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\nspec:\n  containers:\n';
  test.each([
    [
      'manifest',
      'a kubeconfig',
      `apiVersion: v1\nkind: Config\nusers:\n- name: u\n  user:\n    token: ${s}\n`,
    ],
    [
      'manifest',
      'a Secret',
      `apiVersion: v1\nkind: Secret\nmetadata: {name: ${s}}\nstringData:\n  password: ${s}\n`,
    ],
    [
      'manifest',
      'an EncryptionConfiguration',
      `kind: EncryptionConfiguration\nresources:\n- providers:\n  - aescbc:\n      keys:\n      - secret: ${s}\n`,
    ],
    [
      'manifest',
      'a Pod and a Secret behind it',
      `${pod}  - image: x\n---\nkind: Secret\nmetadata: {name: ${s}}\n`,
    ],
    ['manifest', 'a Secret and a Pod behind it', `kind: Secret\nmetadata: {name: ${s}}\n---\n${pod}`],
    [
      'manifest',
      'an annotation',
      pod.replace('  name: x', `  name: x\n  annotations:\n    last: '{"env":[{"value":"${s}"}]}'`),
    ],
    [
      'manifest',
      'an annotation that looks like a Pod',
      pod.replace(
        '  name: x',
        `  name: x\n  annotations:\n    last: |\n      spec:\n        containers:\n        - image: ${s}`,
      ),
    ],
    ['manifest', 'an open quote that looks like a Pod', `a: "\n${pod}  - image: ${s}\n"\nkind: Pod\n`],
    [
      'manifest',
      'a block in a variable',
      `${pod}  - env:\n    - "name": PW\n      "value": |\n        ${s}\n`,
    ],
    [
      'manifest',
      'JSON over lines',
      `{"apiVersion": "v1", "kind": "Pod",\n"env":[{"name":"PW","value":\n"${s}"}]}\n`,
    ],
    ['manifest', 'an explicit key', `${pod}  - env:\n    - name: address\n      ? value\n      : ${s}\n`],
    [
      'manifest',
      'a variable with its value first',
      `${pod}  - ports:\n    - containerPort: 1\n      name: port\n    env:\n    - value: ${s}\n      name: DB_PASSWORD\n`,
    ],
    [
      'manifest',
      'a number that is none',
      `${pod}  - env:\n    - name: port\n      value: ${s}\n    securityContext: {runAsUser: ${s}}\n`,
    ],
    ['manifest', 'a flag', `${pod}  - args:\n    - --api-key=${s}\n    - --token\n    - ${s}\n    - ${s}\n`],
    ['manifest', 'a flag before a known one', `${pod}  - args: [--advertise-address, --password, ${s}]\n`],
    [
      'manifest',
      'an address with a user',
      `${pod}  - args:\n    - --etcd-servers=https://u:${s}@h:2379\n    - --service-account-issuer=https://u:${s}@h\n    - --advertise-address=u:${s}@h\n`,
    ],
    ['manifest', 'an image with a user', `${pod}  - image: u:${s}@registry/x\n`],
    [
      'manifest',
      'a header',
      `${pod}  - livenessProbe:\n      httpGet:\n        httpHeaders:\n        - {name: Authorization, value: "Bearer ${s}"}\n`,
    ],
    [
      'manifest',
      'a key with a quote in it',
      `${pod}  - "ima'ge": ${s}\n    env: [{name: port, 'va"lue': 5}]\n`,
    ],
    ['manifest', 'the same in brackets', `{kind: Pod, spec: {containers: [{"ima'ge": ${s}}]}}\n`],
    ['manifest', 'a comment', `${pod}  - image: x # ${s}\n# ${s}\n`],
    ['manifest', 'a key of a map', `${pod}  - ${s}: x\n    spec.containers.0.image: ${s}\n`],
    [
      'process',
      'an address with a user',
      `kube-apiserver\n--etcd-servers=https://u:${s}@h:2379\n--token\n${s}\n--service-account-issuer=https://u:${s}@h\n${s}\n`,
    ],
    [
      'kubeconfig',
      'a proxy without a scheme',
      `clusters:\n- cluster:\n    proxy-url: user:${s}@proxy:3128\n    server: https://h\n`,
    ],
    [
      'kubeconfig',
      'a slash in a password',
      `clusters:\n- cluster:\n    proxy-url: http://user:a/${s}@proxy:3128\n`,
    ],
    ['kubeconfig', 'a query', `clusters:\n- cluster:\n    server: https://h/?token=${s}\n`],
    ['kubeconfig', 'a fragment', `clusters:\n- cluster:\n    server: https://h/#${s}\n`],
    ['kubeconfig', 'a block', `users:\n- user:\n    token: |\n      tls-server-name: ${s}\n`],
    [
      'kubeconfig',
      'a block with a tag',
      `users:\n- user:\n    token: !!str >-\n      tls-server-name: ${s}\n`,
    ],
    ['kubeconfig', 'a quote over lines', `users:\n- user: {token: "x\n  tls-server-name: ${s}\n  y"}\n`],
    ['kubeconfig', 'a name of a context', `current-context: ${s}\n`],
    [
      'nginx',
      'a server',
      `stream { upstream a { server u:${s}@h:1; } server { listen u:${s}@h; proxy_pass http://u:${s}@h; } }`,
    ],
    ['haproxy', 'a server', `listen x\n bind u:${s}@h:1\n server a u:${s}@h:1 check\n mode u:${s}@h\n`],
    [
      'keepalived',
      'a password in a block of addresses',
      `vrrp_instance a {\n virtual_ipaddress {\n 10.0.0.1\n auth_pass ${s}\n ${s}\n }\n}\nvirtual_server ${s} 1 {\n}\n`,
    ],
  ])('in a %s: %s', (kind, _, text) => {
    expect(sanitize(kind, [text]).raw).not.toContain(s.slice(0, 12));
  });
});

test('a pod reads the same in whatever style of YAML it is written', () => {
  const made = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { annotations: { 'a.b/c': '1.2.3.4:6443', long: 'word '.repeat(40) }, name: 'kube-apiserver' },
    spec: {
      containers: [
        {
          command: ['kube-apiserver', '--advertise-address=10.0.0.1', '--secure-port', '6443', '--x=a b'],
          env: [{ name: 'address', value: '10.0.0.4' }],
          image: 'registry.k8s.io/kube-apiserver:v1.34.4',
          volumeMounts: [{ mountPath: '/etc/kubernetes/ssl', name: 'k' }],
        },
      ],
      hostNetwork: true,
      volumes: [{ hostPath: { path: '/etc/kubernetes/ssl', type: '' }, name: 'k' }],
    },
    status: {},
  };
  const styles = [
    ...(['QUOTE_DOUBLE', 'QUOTE_SINGLE', 'PLAIN'] as const).flatMap((defaultStringType) =>
      [0, 60].flatMap((lineWidth) =>
        [true, false].map((indentSeq) =>
          stringify(made, { defaultStringType, defaultKeyType: 'PLAIN', lineWidth, indentSeq }),
        ),
      ),
    ),
    JSON.stringify(made),
    JSON.stringify(made, undefined, 2),
    `---\n# made by hand\n${stringify(made).replaceAll('\n', '\r\n')}`,
    `\uFEFF${stringify(made)}`,
  ];
  const { files } = sanitize('manifest', styles);
  for (const { lines, remarks } of files) {
    expect(remarks).toEqual([]);
    expect([...lines].toSorted()).toEqual([...(files[0]?.lines ?? [])].toSorted());
  }
  expect(files).toHaveLength(styles.length);
  expect(files[0]?.lines).toContain('spec.containers.0.command.3\t6443');
  expect(files[0]?.lines).toContain('spec.containers.0.env.0.value\t10.0.0.4');
});

test('a manifest made to take long is refused soon', () => {
  const texts = [
    `kind: Pod\nx: ${'["]",'.repeat(40_000)}`,
    `kind: Pod\nx: ${'['.repeat(16_000)}`,
    `kind: Pod\nx: [${'"a",'.repeat(4000)}]`,
    `kind: Pod\n${Array.from({ length: 30_000 }, (_, index) => `a${index}:`).join('\n')}`,
    `kind: Pod\n${Array.from({ length: 600 }, (_, level) => `${' '.repeat(level)}a:`).join('\n')}`,
    `kind: Pod\nx:\n${'- '.repeat(8000)}a`,
  ];
  const started = performance.now();
  sanitize('manifest', texts);
  expect(performance.now() - started).toBeLessThan(10_000);
});
