import { expect, test } from 'vitest';
import { diagnoseCluster } from '../../src/diagnose/diagnose-cluster.ts';
import type { ClusterFacts } from '../../src/model/cluster-facts.ts';
import { wordsOf } from '../../src/report/findings/words.ts';
import { buildFacts, changeApi, leaf, leafOf, namesOf, reissue } from '../support/facts.ts';

const healthy = buildFacts({ controlPlanes: 3 });

function toDoFor(facts: ClusterFacts): readonly string[] {
  return diagnoseCluster(facts).findings.flatMap((finding) =>
    finding.code === 'san-missing'
      ? [
          wordsOf(finding)
            .todo.map((part) => (typeof part === 'string' ? part : part.code))
            .join(''),
        ]
      : [],
  );
}

test('a name that kubeadm writes by itself is not to be added to its configuration', () => {
  const names = namesOf(leafOf(healthy, 'cp2')).filter((name) => name !== '10.240.0.65');
  const [toDo = ''] = toDoFor(reissue(healthy, 'cp2', leaf(names)));
  expect(toDo).toContain('re-issue the certificate of each control plane that lacks them');
  expect(toDo).toContain('kubeadm then writes these names by itself');
  expect(toDo).not.toContain('certSANs');
});

test('a wish is to be added first', () => {
  const [toDo = ''] = toDoFor({ ...healthy, wishes: [{ type: 'dns', value: 'api.example' }] });
  expect(toDo).toMatch(/^add api\.example to apiServer\.certSANs of kubeadm-config, then re-issue /);
});

test('a name that only a kubeconfig has may be a mistake in it', () => {
  const clusterInfo = { server: 'https://old.example:6443', caFingerprints: [] };
  const [toDo = ''] = toDoFor(changeApi(healthy, () => ({ clusterInfo })));
  expect(toDo).toMatch(
    /^if clients are right to dial it, add old\.example .*; if not, correct the server there$/,
  );
});

test("seen by an endpoint alone, it is nobody's certificate in particular", () => {
  const args = { names: ['203.0.113.56'], affected: [], wantedBy: ['endpoint 203.0.113.56:6443'] };
  const { head } = wordsOf({ code: 'san-missing', severity: 'error', args });
  expect(head[0]).toBe('the API server certificate lacks ');
});
