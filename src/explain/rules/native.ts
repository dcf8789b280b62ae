/** The wordings of programs on OpenSSL, GnuTLS, NSS and Schannel: curl, openssl, wget, gnutls-cli, git, nginx. */
import type { Rule } from '../reading.ts';
import { hostRule, plainRule, textAfter } from '../reading.ts';

/** A client falls back on the common name only where there are no SANs; kubeadm's own CN leaves that in doubt. */
export function isForeignCommonName(text: string): boolean {
  const name = /(?:name|CN|owner)[\s=]*["'‘`(]?([^"'’`)\n]+?)["'’`)]?[\s,]*$/i.exec(text)?.[1];
  return name !== undefined && name.trim() !== '' && !/kube-apiserver/.test(name);
}

const quoted = `["'‘’\`]?([^\\s"'‘’\`)]+)`;

export const nativeRules: readonly Rule[] = [
  // curl: https://github.com/curl/curl/blob/master/lib/vtls/openssl.c (ossl_verifyhost); the wording changed in 7.86, 8.0 and 8.6
  hostRule({
    anchors: ['subject name matches', 'subject names match'],
    after: new RegExp(
      `^\\s*(?:the\\s+)?(?:target\\s+)?(?:host\\s?name|ipv[46]\\s?address|ip\\s?address)\\s+${quoted}`,
      'i',
    ),
    client: 'curl',
    needsHost: true,
  }),
  hostRule({
    anchors: ['subjectaltname does not match', 'subjectaltname does not contain'],
    after: new RegExp(`^\\s*(?:host ?name|ipv[46] address|ip address)?\\s*${quoted}`, 'i'),
    client: 'curl',
  }),
  hostRule({
    anchors: ['does not match target host', 'does not match target ip'],
    after: new RegExp(`^(?:\\s*name|v[46] address|\\s*address)?\\s*${quoted}`, 'i'),
    client: 'curl',
    isNameless: (before) => isForeignCommonName(before),
  }),
  // OpenSSL: X509_V_ERR_HOSTNAME_MISMATCH (62) and _IP_ADDRESS_MISMATCH (64); Python and Ruby wrap them.
  hostRule({
    anchors: ['hostname mismatch', 'host name mismatch', 'ip address mismatch'],
    after: new RegExp(`^,?\\s*certificate\\s+is\\s+not\\s+valid\\s+for\\s+${quoted}`, 'i'),
  }),
  hostRule({
    anchors: ['does not match certificate'],
    before: /(?:hostname|ip|email)\s+(\S+)\s*$/i,
    client: 'openssl',
    needsHost: true,
  }),
  plainRule('untrusted-ca', [
    'unable to get local issuer certificate',
    'unable to get issuer certificate',
    'unable to verify the first certificate',
    'self-signed certificate',
    'self signed certificate',
    'unable_to_verify_leaf_signature',
    'unable_to_get_issuer_cert_locally',
    'certificate issuer is unknown',
    "locally verify the issuer's authority",
    "doesn't have a known issuer",
    'sec_e_untrusted_root',
    'peer certificate cannot be authenticated with given ca certificates',
    "peer's certificate issuer is not recognized",
  ]),
  plainRule('expired', [
    'certificate has expired',
    'certificate expired',
    'cert_has_expired',
    'certificate is expired',
    'certificate is not longer valid',
    'expired certificate',
  ]),
  plainRule('not-yet-valid', [
    'certificate is not yet valid',
    'is not yet activated',
    'not yet been activated',
    'cert_not_yet_valid',
    'uses not yet valid certificate',
    'certificate not valid yet',
  ]),
  // NSS (curl on CentOS 7)
  plainRule('name-mismatch', ['requested domain name does not match']),
  // Schannel (curl and .NET on Windows)
  {
    anchors: ['target principal name is incorrect', 'sec_e_wrong_principal'],
    read(place) {
      const same = /^.{0,80}?target principal name is incorrect/s.exec(textAfter(place))?.[0] ?? '';
      return { says: 'name-mismatch', end: place.end + same.length };
    },
  },
  hostRule({
    anchors: ['certgetnamestring() failed to match connection hostname'],
    after: /^\s*\(([^)\s]+)\)/,
    client: 'curl',
    needsHost: true,
  }),
  hostRule({
    anchors: ['common name do not match', 'common name does not match'],
    after: new RegExp(`^\\s*${quoted}`),
    client: 'curl',
    needsHost: true,
  }),
  plainRule('name-mismatch', ['badcert_cn_mismatch']),
  // wget: https://git.savannah.gnu.org/cgit/wget.git/tree/src/openssl.c
  hostRule({
    anchors: ['no certificate subject alternative name matches'],
    after: new RegExp(`^\\s*requested\\s+host\\s+name\\s+${quoted}`),
    client: 'wget',
  }),
  hostRule({
    anchors: [
      "doesn't match requested host name",
      'doesn’t match requested host name',
      'does not match requested host name',
    ],
    after: new RegExp(`^\\s*${quoted}`),
    client: 'wget',
    needsHost: true,
    isNameless: (before) => isForeignCommonName(before),
  }),
  hostRule({
    anchors: ["certificate's owner does not match hostname", 'certificate’s owner does not match hostname'],
    after: new RegExp(`^\\s*${quoted}`),
    client: 'wget',
    needsHost: true,
  }),
  // GnuTLS
  plainRule(
    'name-mismatch',
    ['name in the certificate does not match the expected', 'certificate name does not match'],
    'gnutls',
  ),
  plainRule('not-tls', [
    'wrong version number',
    'packet length too long',
    'unexpected tls packet was received',
    'http_request',
    'unknown protocol',
  ]),
  // nginx and other proxies towards an upstream
  hostRule({
    anchors: ['upstream ssl certificate does not match'],
    after: new RegExp(`^\\s*${quoted}`),
    needsHost: true,
  }),
  plainRule('name-mismatch', [
    'certificate_verify_failed:verify san list',
    'peer subject name mismatch',
    'common name (cn) does not match with the expected cn',
    'hostname_check_failed',
    'hostname verification failed',
  ]),
];
