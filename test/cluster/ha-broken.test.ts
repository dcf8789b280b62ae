/** A control plane broken on purpose in the middle of an apply, before anything is changed on it or where it can go back: rolled back, the others untouched. */
import { expect, test } from 'vitest';
import {
  applyBreaking,
  everythingOn,
  expectAccount,
  expectUnbroken,
  leftOn,
  pairOn,
  pki,
  wished,
  withoutRuns,
} from './broken-node.ts';
import { onCluster } from './on-cluster.ts';

const get = onCluster('ha');
withoutRuns(get);

interface Untouched {
  readonly pair: string;
  readonly later: string;
}

async function before(): Promise<Untouched> {
  const cluster = get();
  return {
    pair: await pairOn(cluster, cluster.node('cp2')),
    later: await everythingOn(cluster, cluster.node('cp3')),
  };
}

/** cp2 as it was, byte for byte; cp3 not even looked at with a file; nothing left of the run on any. */
async function expectAsBefore({ pair, later }: Untouched): Promise<void> {
  const cluster = get();
  expect(await pairOn(cluster, cluster.node('cp2'))).toBe(pair);
  expect(await everythingOn(cluster, cluster.node('cp3'))).toBe(later);
  for (const node of cluster.controlPlanes)
    expect([node.alias, await leftOn(cluster, node)]).toEqual([node.alias, '']);
}

async function inCp2(script: string): Promise<string> {
  return get().inNode(get().node('cp2'), script);
}

/** In PATH before the real one, which it calls. */
function wrongKubeadm(wrong: string): string {
  return `cat >/usr/sbin/kubeadm <<'END'
#!/bin/sh
case $* in *'certs apiserver'*) ;; *) exec /usr/bin/kubeadm "$@" ;; esac
config=$6
${wrong}
END
chmod 755 /usr/sbin/kubeadm
`;
}

test('a kubeadm that emits a wrong certificate: refused at the proof, before anything is changed (fault 18)', async () => {
  const cluster = get();
  const was = await before();
  try {
    await inCp2(wrongKubeadm(`sed -i '/${wished(cluster)}/d' "$config"\nexec /usr/bin/kubeadm "$@"`));
    const lacking = await applyBreaking(cluster);
    expectAccount(lacking, cluster, {
      code: 5,
      states: ['done', 'untouched', 'untouched'],
      why: new RegExp(`^its kubeadm left out ip:${wished(cluster)}$`),
    });
    expect(lacking.rollout.nodes[1]?.servedAfterMs).toBeUndefined();
    expectUnbroken(lacking.seen);
    await expectAsBefore(was);

    const otherKey = 'openssl genrsa -out "${config%/*}/apiserver.key" 2048 2>/dev/null';
    await inCp2(wrongKubeadm(`/usr/bin/kubeadm "$@" && ${otherKey}`));
    const mixed = await applyBreaking(cluster);
    // What is done is done: only the rest is left.
    expectAccount(mixed, cluster, {
      code: 5,
      states: ['nothing', 'untouched', 'untouched'],
      why: /^key and certificate do not belong together$/,
    });
    expectUnbroken(mixed.seen);
    await expectAsBefore(was);
  } finally {
    await inCp2('rm -f /usr/sbin/kubeadm');
  }
});

/**
 * The running container has the folder that was there when it was started, so it never sees a rename in the one that took its place; and a
 * container that is started anew is given the old one as well.
 */
const neverReloads = `cd /etc/kubernetes
mv pki pki-frozen
cp -a pki-frozen pki
runc=$(command -v runc)
mv "$runc" "$runc.real"
cat >"$runc" <<'END'
#!/bin/sh
bundle=
for word; do
  [ "$bundle" != next ] || bundle=$word
  [ "$word" != --bundle ] || bundle=next
done
if [ -n "$bundle" ] && grep -q kube-apiserver "$bundle/config.json"; then
  sed -i 's#"source": *"/etc/kubernetes/pki"#"source":"/etc/kubernetes/pki-frozen"#' "$bundle/config.json"
fi
exec "$0.real" "$@"
END
chmod 755 "$runc"
`;
const reloadsAgain = `runc=$(command -v runc)
[ ! -e "$runc.real" ] || mv "$runc.real" "$runc"
cd /etc/kubernetes
[ ! -d pki-frozen ] || { rm -rf pki; mv pki-frozen pki; }
`;

test('an API server that never takes the new pair, not even when it is restarted: the old pair is put back (fault 43)', async () => {
  const cluster = get();
  const was = await before();
  try {
    await inCp2(neverReloads);
    const { seen, ...ended } = await applyBreaking(cluster);
    expectAccount(ended, cluster, {
      code: 5,
      states: ['done', 'undone', 'untouched'],
      why: /^the API server did not take the new pair within 3 s, nor after a restart$/,
    });
    expect(ended.rollout.nodes[1]?.wasRestarted).toBe(true);
    // A restart is the one step that nobody can take without a gap, and only on that node.
    expectUnbroken(seen, ['cp1', 'cp3']);
    expect(seen['cp2']?.serials).toHaveLength(1);
    await expectAsBefore(was);
  } finally {
    await inCp2(reloadsAgain);
  }
});

test('a disk that is full, of the runs or of the pair: refused before anything is changed (fault 22)', async () => {
  const cluster = get();
  const was = await before();
  try {
    await inCp2(`mkdir -p /var/lib/fix-sans
mount -t tmpfs -o size=64k,mode=0700 tmpfs /var/lib/fix-sans
`);
    const runs = await applyBreaking(cluster);
    const why = /there is no room, or nothing can be written/;
    expectAccount(runs, cluster, { code: 5, states: ['done', 'untouched', 'untouched'], why });
    expectUnbroken(runs.seen);
    await expectAsBefore(was);
    // What the API server has is what lies below.
    await inCp2(`umount /var/lib/fix-sans
cp -a ${pki} /tmp/pki-copy
mount -t tmpfs -o size=4m,mode=0755 tmpfs ${pki}
cp -a /tmp/pki-copy/. ${pki}/
rm -rf /tmp/pki-copy
`);
    // Earlier the plan would be refused.
    const pair = await applyBreaking(cluster, {
      at: 'locked',
      script: `dd if=/dev/zero of=${pki}/full bs=4k 2>/dev/null || true`,
    });
    expectAccount(pair, cluster, { code: 5, states: ['nothing', 'untouched', 'untouched'], why });
    expectUnbroken(pair.seen);
    expect(await inCp2(`ls -A ${pki}; rm ${pki}/full; umount ${pki}`)).not.toContain('fix-sans');
    await expectAsBefore(was);
  } finally {
    await inCp2(`umount -l /var/lib/fix-sans ${pki} 2>/dev/null || true`);
  }
});

test('a disk that fills up after the swap: the way back needs no room (fault 22)', async () => {
  const cluster = get();
  const was = await before();
  try {
    await inCp2(`mkdir -p /var/lib/fix-sans
mount -t tmpfs -o size=1m,mode=0700 tmpfs /var/lib/fix-sans
`);
    const ended = await applyBreaking(cluster, {
      at: 'swapped',
      script: 'dd if=/dev/zero of=/var/lib/fix-sans/full bs=4k 2>/dev/null || true',
    });
    expectAccount(ended, cluster, {
      code: 5,
      states: ['done', 'undone', 'untouched'],
      why: /there is no room/,
    });
    expectUnbroken(ended.seen);
    expect(await pairOn(cluster, cluster.node('cp2'))).toBe(was.pair);
    expect(await everythingOn(cluster, cluster.node('cp3'))).toBe(was.later);
  } finally {
    await inCp2('umount -l /var/lib/fix-sans || true');
  }
});
