/** The timer of scripts/systemd on a real node: it fires, the hardened service sees all there is to see, and the metrics are there. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../lab/run.ts';
import { onCluster } from './on-cluster.ts';

const root = path.join(import.meta.dirname, '../..');
const get = onCluster('single');
const textfile = '/var/lib/prometheus/node-exporter/fix-sans.prom';
const units = ['fix-sans.service', 'fix-sans.timer'];

beforeAll(async () => {
  const node = get().node('cp1');
  await execa('npm', ['run', '--silent', 'build'], { cwd: root });
  // The nodes are Debian as well, and have no Node of their own.
  await run`docker cp ${process.execPath} ${node.name}:/usr/local/bin/node`;
  await run`docker cp ${path.join(root, 'dist/fix-sans.cjs')} ${node.name}:/usr/local/bin/fix-sans`;
  for (const unit of units)
    await get().inNode(
      node,
      `cat >/etc/systemd/system/${unit} <<'END_OF_UNIT'\n${readFileSync(path.join(root, 'scripts/systemd', unit), 'utf8')}END_OF_UNIT\n`,
    );
  await get().inNode(
    node,
    `chmod 755 /usr/local/bin/fix-sans
mkdir -p ${path.dirname(textfile)} /etc/systemd/system/fix-sans.timer.d
cat >/etc/systemd/system/fix-sans.timer.d/now.conf <<END
[Timer]
OnCalendar=
OnActiveSec=1s
AccuracySec=100ms
RandomizedDelaySec=0
END
systemctl daemon-reload
`,
  );
});
afterAll(async () => {
  await get().tryInNode(
    get().node('cp1'),
    `systemctl stop fix-sans.timer fix-sans.service
rm -rf /etc/systemd/system/fix-sans.* /usr/local/bin/node /usr/local/bin/fix-sans ${path.dirname(textfile)}
systemctl daemon-reload
`,
  );
});

interface Fired {
  readonly metrics: string;
  readonly properties: string;
  readonly journal: string;
}

async function inNode(script: string): Promise<string> {
  return get().inNode(get().node('cp1'), script);
}

/** Only the timer is started; it has to start the service. */
async function fire(): Promise<Fired> {
  await inNode(`rm -f ${textfile}
systemctl stop fix-sans.timer
systemctl reset-failed fix-sans.service 2>/dev/null || true
systemctl start fix-sans.timer
for second in $(seq 120); do
  [ -e ${textfile} ] && [ "$(systemctl is-active fix-sans.service)" != activating ] && break
  sleep 1
done
`);
  return {
    metrics: await inNode(
      `cat ${textfile} || journalctl --no-pager --unit fix-sans.service | tail -n 50 >&2`,
    ),
    properties: await inNode('systemctl show fix-sans.service --property Result,ExecMainStatus'),
    journal: await inNode('journalctl --no-pager --unit fix-sans.service --output cat'),
  };
}

test('on a cluster that lacks nothing it writes the metrics, and the service succeeds', async () => {
  const { metrics, properties, journal } = await fire();
  expect(metrics).toMatch(/^fix_sans_last_run_exit_code\{.*\} 0$/m);
  expect(metrics).toMatch(/^fix_sans_missing_names\{.*\} 0$/m);
  expect(properties.trim().split('\n').toSorted()).toEqual(['ExecMainStatus=0', 'Result=success']);
  // Nothing that the hardening takes away is missed.
  expect(journal).not.toMatch(/read-only|could not be read|Permission denied|Operation not permitted/);
});

test('where a name is missing the metrics say so, which is no failure of the service', async () => {
  const node = get().node('cp1');
  // The pair that usual advice leaves, without the name that this cluster's configuration gives.
  await get().inNode(
    node,
    `cd /etc/kubernetes/pki
openssl req -new -key apiserver.key -subj /CN=kube-apiserver -addext subjectAltName=DNS:kubernetes -addext extendedKeyUsage=serverAuth -out /tmp/one.csr
openssl x509 -req -in /tmp/one.csr -CA ca.crt -CAkey ca.key -set_serial 77 -days 30 -copy_extensions copy -out apiserver.crt.new 2>/dev/null
mv apiserver.crt.new apiserver.crt
rm /tmp/one.csr
`,
  );
  const { metrics, properties } = await fire();
  expect(metrics).toMatch(/^fix_sans_last_run_exit_code\{.*\} 2$/m);
  expect(metrics).toMatch(/^fix_sans_missing_names\{.*\} [1-9]\d*$/m);
  expect(properties.trim().split('\n').toSorted()).toEqual(['ExecMainStatus=2', 'Result=success']);
});
