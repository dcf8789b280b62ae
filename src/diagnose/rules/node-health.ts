/** Rules on the nodes themselves: dates, clocks, files that cannot be read or should not be there. */
import { type Certificate, validity } from '../../model/certificate.ts';
import { certificateRefusalSentence } from '../../model/certificate-refusal.ts';
import type { Finding } from '../../model/finding.ts';
import type { CertificateFile } from '../../model/node-facts.ts';
import type { Context, Rule } from '../context.ts';
import { finding } from '../finding.ts';

const day = 86_400_000;
/** kubeadm's own certificates live a year, and kubeadm asks for a yearly upgrade; a month is time to act. */
const soon = 30 * day;
/** kubeadm dates a certificate five minutes back: https://github.com/kubernetes/kubernetes/blob/v1.34.0/cmd/kubeadm/app/util/pkiutil/pki_helpers.go */
const largestSkew = 300;

/** Certificates that are past their end, near it, or before their beginning: on disk, served, the CA, and the clients' in kubeconfigs. */
const dates: Rule = (context) => [
  ...context.backends.flatMap(({ leaf, served, name, kind }) => {
    const node = kind === 'endpoint' ? undefined : name;
    const onDisk = leaf === undefined ? [] : dated(context, 'the API server certificate', leaf, node);
    const isSame = served === undefined || served.certificate.fingerprint === leaf?.fingerprint;
    return isSame
      ? onDisk
      : [...onDisk, ...dated(context, 'the served certificate', served.certificate, node)];
  }),
  ...context.authorities.cas.flatMap((ca) => dated(context, 'the cluster CA', ca)),
  ...context.read.flatMap(({ node, kubeconfigs }) =>
    kubeconfigs.flatMap(({ path, clientCertificate }) =>
      clientCertificate === undefined
        ? []
        : dated(context, `the client certificate in ${path}`, { notAfter: clientCertificate.notAfter }, node),
    ),
  ),
];

function dated(
  { now }: Context,
  what: string,
  certificate: Pick<Certificate, 'notAfter'> & Partial<Certificate>,
  node?: string,
): readonly Finding[] {
  const { notAfter, notBefore = '1970-01-01T00:00:00Z' } = certificate;
  const left = Date.parse(notAfter) - now.getTime();
  // Dates that cannot be read say nothing.
  if (Number.isNaN(left)) return [];
  const state = validity({ notBefore, notAfter } as Certificate, now);
  if (state === 'expired') return [finding('expired', 'error', { what, notAfter }, node)];
  if (state === 'not-yet-valid') return [finding('not-yet-valid', 'error', { what, notBefore }, node)];
  if (left > soon) return [];
  return [finding('expiring', 'warning', { what, notAfter, days: Math.floor(left / day) }, node)];
}

/** A clock that is off makes good certificates look expired or not yet valid. */
const clockSkew: Rule = ({ read }) =>
  read.flatMap(({ node, clockSkewSeconds: seconds }) =>
    Math.abs(seconds) > largestSkew ? [finding('clock-skew', 'warning', { seconds }, node)] : [],
  );

/** The API server's certificate or the CA is not there, or is no certificate. */
const unreadable: Rule = ({ read }) =>
  read.flatMap(({ node, apiserver, certificate, ca, sniCertificates }) => {
    if (apiserver === undefined) return [];
    const files = [certificate, ca, ...sniCertificates.map(({ file }) => file)];
    return files.flatMap((file) => {
      const why = file === undefined ? undefined : faultOf(file);
      return file === undefined || why === undefined
        ? []
        : [finding('certificate-unreadable', 'error', { path: file.path, why }, node)];
    });
  });

/** The API server's key is not there, or no key: what runs has it in memory, and does not come up again. */
const keyUnreadable: Rule = ({ read }) =>
  read.flatMap(({ node, apiserver, certificate, key, unread, system }) => {
    if (apiserver === undefined || key === undefined || key.keyFingerprint !== undefined) return [];
    const isGarbage = unread.some(({ what, why }) => what === key.path && why === noKey);
    // Who may not look into a folder sees nothing there; the certificate mostly lies in the same one.
    const maySee =
      system.uid === 0 ||
      (certificate?.file !== undefined && folderOf(certificate.path) === folderOf(key.path));
    const isAbsent = key.file === undefined && maySee;
    if (!isGarbage && !isAbsent) return [];
    const why = isGarbage ? 'it holds no private key' : 'it is not there';
    return [finding('certificate-unreadable', 'error', { path: key.path, why }, node)];
  });

/** As the script on the node says it. */
const noKey = 'openssl reads no private key in it';

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function faultOf({ file, reading }: CertificateFile): string | undefined {
  if (reading?.ok === false) return certificateRefusalSentence(reading.refusal);
  if (reading !== undefined) return undefined;
  return file === undefined ? 'it is not there' : 'it could not be read';
}

/** A second manifest in the static pod folder, such as a backup copy: kubelet runs every one of them. */
const strayManifest: Rule = ({ read }) =>
  read.flatMap(({ node, strayManifests }) =>
    strayManifests.map((file) => finding('stray-manifest', 'warning', { file }, node)),
  );

/** An earlier run of this tool did not come to its end here. */
const unfinishedRun: Rule = ({ read }) =>
  read.flatMap(({ node, unfinishedRuns }) =>
    unfinishedRuns.map((run) => finding('unfinished-run', 'warning', { run }, node)),
  );

export const nodeHealthRules: readonly Rule[] = [
  dates,
  clockSkew,
  unreadable,
  keyUnreadable,
  strayManifest,
  unfinishedRun,
];
