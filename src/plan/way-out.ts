/** A way that touches nothing: a name that every control plane's certificate holds already, for those who cannot wait or have no root. */
import type { Certificate } from '../model/certificate.ts';
import type { Inspection } from '../model/inspection.ts';
import type { WayOut } from '../model/plan.ts';
import { covers, parseSan, type San, sanKey } from '../model/san.ts';
import { formatEndpoint, parseServerAddress } from '../model/server-address.ts';
import { shellWord } from './signing.ts';
import { leafOf, type Subject } from './subject.ts';

const usual = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];

/** Only for those who dial from outside: pods and kubelets have no such option. */
export function wayOutOf(
  inspection: Inspection,
  subjects: readonly Subject[],
  missing: readonly San[],
): WayOut | undefined {
  const name = commonName(subjects);
  if (name === undefined || missing.length === 0) return undefined;
  const dialled = dialledBy(inspection, missing);
  const { kubeconfig } = inspection.facts;
  const kubectl = [
    'kubectl',
    ...(kubeconfig === undefined ? [] : ['--kubeconfig', shellWord(kubeconfig.path)]),
    ...(kubeconfig === undefined || kubeconfig.context === ''
      ? []
      : ['--context', shellWord(kubeconfig.context)]),
  ].join(' ');
  const word = shellWord(name.value);
  const commands = [
    {
      why: 'one call, still verifying the certificate',
      command: `${kubectl} --tls-server-name ${word} get nodes`,
    },
    {
      why: 'for all calls with this kubeconfig',
      // The name of the cluster goes from one program to the other, and through no shell.
      command: `${kubectl} config view --minify -o jsonpath='{.contexts[0].context.cluster}' | xargs -I CLUSTER ${kubectl} config set-cluster CLUSTER --tls-server-name=${word}`,
    },
  ];
  if (dialled !== undefined) {
    const { host, port } = dialled;
    commands.push({
      why: 'for other programs: curl and its like, with the CA of the cluster',
      command: `curl --cacert ca.crt --connect-to ${shellWord(`${formatEndpoint(name.value, port)}:${formatEndpoint(host, port)}`)} ${shellWord(`https://${formatEndpoint(name.value, port)}/version`)}`,
    });
    commands.push({
      why: `for programs that know neither option: a line in /etc/hosts here, and https://${formatEndpoint(name.value, port)} as the address`,
      command: `echo ${shellWord(`${host} ${name.value}`)} | sudo tee -a /etc/hosts`,
    });
  }
  return { name, commands, isProven: isProven(inspection, subjects, name) };
}

function shown({ served, onDisk, inUse }: Subject): ReadonlyMap<string, San> {
  return served === undefined ? onDisk : inUse;
}

function commonName(subjects: readonly Subject[]): San | undefined {
  const [first, ...others] = subjects;
  if (first === undefined) return undefined;
  const own = [...shown(first).values()].filter(
    ({ type, value }) => type === 'dns' && !value.startsWith('*') && parseSan(value).ok,
  );
  const candidates = [...usual.map((value): San => ({ type: 'dns', value })), ...own];
  return candidates.find((san) => [first, ...others].every((subject) => shown(subject).has(sanKey(san))));
}

/** The address by which a client comes from outside: the kubeconfig's, or the first address that is missing. */
function dialledBy(
  { facts }: Inspection,
  missing: readonly San[],
): { readonly host: string; readonly port: number } | undefined {
  const server = facts.kubeconfig === undefined ? undefined : parseServerAddress(facts.kubeconfig.server);
  const port = server?.port ?? 6443;
  const host =
    missing.find(({ type, value }) => type === 'ip' && value === server?.san.value) ??
    missing.find(({ type }) => type === 'ip');
  return host === undefined ? undefined : { host: host.value, port };
}

/** A handshake with each control plane showed a certificate that the CA signed and that holds this name. */
function isProven({ vantages }: Inspection, subjects: readonly Subject[], name: San): boolean {
  const handshakes = new Map<
    string,
    { readonly serverName: string | undefined; readonly leaf: Certificate }[]
  >();
  for (const { probe, issuedBy } of vantages) {
    const leaf = leafOf(probe);
    if (leaf === undefined || issuedBy !== 'cluster-ca') continue;
    for (const place of [`from ${probe.from}`, `at ${probe.host}`]) {
      const known = handshakes.get(place) ?? [];
      if (known.length === 0) handshakes.set(place, known);
      known.push({ serverName: probe.serverName, leaf });
    }
  }
  return subjects.every(({ name: node, told, facts: { sniCertificates } }) => {
    const seen = [
      ...(handshakes.get(`from ${node}`) ?? []),
      ...(handshakes.get(`at ${told.advertiseAddress ?? ''}`) ?? []),
    ];
    return seen.some(
      ({ serverName, leaf }) =>
        // With certificates by SNI, only a handshake by that very name tells.
        (sniCertificates.length === 0 || serverName === name.value) &&
        leaf.names.some((one) => one.type === 'dns' && covers(one, name)),
    );
  });
}
