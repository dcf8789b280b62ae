/** `apply` and `rollback` on the cluster `kubespray` by real SSH, as root and as a user with sudo. */
import { expect, test } from 'vitest';
import { expectWholeStory } from './apply-story.ts';
import { onCluster } from './on-cluster.ts';

const get = onCluster('kubespray');

test.each(['root', 'ops'] as const)(
  'as %s: from a missing name to nothing to do, and back (fault 27)',
  async (user) => {
    const { handshakes, servedAfterMs } = await expectWholeStory(get(), user);
    process.stderr.write(
      `${user}: ${handshakes} handshakes, 0 failed; served after ${servedAfterMs.join(', ')} ms\n`,
    );
    expect(servedAfterMs.length).toBeGreaterThan(0);
  },
);
