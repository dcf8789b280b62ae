/** The wordings of language runtimes and browsers: Python, Java, Node, Rust, .NET, Ruby, PHP, Chrome, Firefox. */
import type { Rule } from '../reading.ts';
import { hostRule, namesInList, plainRule, textBefore, textOnwards, tidyHost } from '../reading.ts';
import { isForeignCommonName } from './native.ts';

const quoted = `["'‘’“”\`<]*([^\\s"'‘’“”\`<>]+)`;
const bracketList = /(?:\[|\()([^\])]{0,2000})/s;

const pythonRules: readonly Rule[] = [
  {
    // ssl.match_hostname until 3.6, urllib3 until today; Apache's HttpClient (Java) says `Certificate for <h> doesn't match …`
    anchors: ["doesn't match", 'doesn’t match', 'does not match any'],
    read(place) {
      const before = textBefore(place);
      const host = new RegExp(
        `(?:hostname|host name|certificate for|ip address)\\s+${quoted}["'’”>\`]*\\s*$`,
        'i',
      ).exec(before);
      if (!host?.[1]) return undefined;
      const isJava = /certificate for/i.test(host[0]);
      const onwards = textOnwards(place);
      const list = isJava
        ? bracketList.exec(onwards)
        : /^\s*(?:either\s+of\s+)?((?:['"][^'"\n]{1,300}['"](?:,\s*)?)+)/.exec(onwards);
      return {
        says: 'name-mismatch',
        host: tidyHost(host[1]),
        end: place.end,
        client: isJava ? 'java' : 'python',
        ...(list?.[1] === undefined
          ? {}
          : { listed: namesInList(list[1]), listIsWhole: !/\.\.|…/.test(list[1]) }),
      };
    },
  },
  plainRule('no-names', ['no appropriate commonname or subjectaltname'], 'python'),
  hostRule({
    anchors: ['did not match expected hostname'],
    after: /^:\s*(\S+?)\.?(?:\s|$)/,
    list: /subjectAltName['"]?:\s*\((.{0,3000}?)\)\)/s,
    client: 'python',
    needsHost: true,
  }),
];

const javaRules: readonly Rule[] = [
  hostRule({
    anchors: ['no subject alternative names matching ip address', 'no subject alternative dns name matching'],
    after: new RegExp(`^\\s*${quoted}`),
    client: 'java',
    needsHost: true,
  }),
  hostRule({
    // Java says this only of a certificate without any DNS entry, after a look at its common name:
    // https://github.com/openjdk/jdk17u/blob/master/src/java.base/share/classes/sun/security/util/HostnameChecker.java
    anchors: ['no name matching'],
    says: 'no-names',
    after: new RegExp(`^\\s+${quoted}\\s+found`),
    client: 'java',
    needsHost: true,
  }),
  plainRule('no-names', ['no subject alternative names present'], 'java'),
  hostRule({
    // OkHttp: https://github.com/square/okhttp (RealConnection.kt), over several lines
    anchors: ['not verified'],
    before: new RegExp(`hostname\\s+${quoted}\\s*$`, 'i'),
    list: /subjectAltNames:\s*\[([^\]]{0,4000})\]/s,
    client: 'java',
    needsHost: true,
  }),
  hostRule({
    anchors: ['does not match the certificate subject'],
    before: new RegExp(`host ?name\\s+${quoted}['"’]?\\s*$`, 'i'),
    client: 'java',
    needsHost: true,
  }),
  plainRule(
    'untrusted-ca',
    ['pkix path building failed', 'trust anchor for certification path not found'],
    'java',
  ),
  plainRule('expired', ['certificateexpiredexception'], 'java'),
  plainRule('not-yet-valid', ['certificatenotyetvalidexception'], 'java'),
  plainRule(
    'not-tls',
    ['unsupported or unrecognized ssl message', 'not an ssl/tls record', 'cannot determine the frame size'],
    'java',
  ),
];

const nodeRules: readonly Rule[] = [
  {
    // Bun says only the code; Node says it beside its sentence, which is read by itself.
    anchors: ['err_tls_cert_altname_invalid'],
    read(place) {
      const isBeside =
        /(?:code['"]?\s*[:=]\s*['"]?|\[)$/.test(textBefore(place)) ||
        /^\W{0,4}(?:hostname\/ip|$)/i.test(textOnwards(place));
      return isBeside ? undefined : { says: 'name-mismatch', end: place.end, client: 'node' };
    },
  },
  hostRule({
    // https://github.com/nodejs/node/blob/v20.20.2/lib/tls.js (checkServerIdentity)
    anchors: [
      "is not in the cert's list",
      "is not in the cert's altnames",
      'is not in the cert’s altnames',
      'is not in the cert’s list',
    ],
    before: /(?:IP|Host):\s*(\S+)\s*$/,
    list: /^:?\s*([^\n"]{0,4000})/,
    client: 'node',
    needsHost: true,
  }),
  hostRule({
    anchors: ["is not cert's cn"],
    before: /Host:\s*(\S+)\s*$/,
    client: 'node',
    needsHost: true,
    isNameless: (_, after) => !after.startsWith(': kube-apiserver'),
  }),
  plainRule('no-names', ['cert does not contain a dns name'], 'node'),
  plainRule('untrusted-ca', ['depth_zero_self_signed_cert', 'self_signed_cert_in_chain'], 'node'),
];

const rustRules: readonly Rule[] = [
  hostRule({
    anchors: ['not valid for name'],
    after: new RegExp(`^:?\\s*${quoted}`),
    list: /only valid for\s+([^\n]{0,2000})/,
    client: 'rustls',
    needsHost: true,
    isNameless: (_, after) => /^.{0,300}certificate is not valid for any names/s.test(after),
  }),
  hostRule({
    anchors: ['notvalidfornamecontext'],
    after: /expected:\s*(?:DnsName|IpAddress)\(["\\]*(?!V[46]\b)([^"()\\]+)/,
    list: /presented:\s*\[([^\]]{0,3000})/,
    client: 'rustls',
  }),
  plainRule(
    'client-bug',
    ['invalid dnsname', 'invaliddnsnameerror', "server name type wasn't supported"],
    'rustls',
  ),
  plainRule('name-mismatch', ['notvalidforname', 'certnotvalidforname'], 'rustls'),
  plainRule(
    'untrusted-ca',
    ['peer certificate: unknownissuer', 'unknownissuer', 'invalidcertificate(unknownissuer)'],
    'rustls',
  ),
  plainRule('expired', ['peer certificate: expired', 'invalidcertificate(expired)'], 'rustls'),
  plainRule('not-yet-valid', ['peer certificate: notvalidyet', 'certnotvalidyet'], 'rustls'),
  plainRule('wrong-certificate', ['causedasendentity', 'peer certificate: invalidpurpose'], 'rustls'),
  plainRule('not-tls', ['received corrupt message of type invalidcontenttype', 'corrupt message'], 'rustls'),
];

const otherRules: readonly Rule[] = [
  plainRule('name-mismatch', ['remotecertificatenamemismatch'], 'dotnet'),
  plainRule('untrusted-ca', ['remotecertificatechainerrors', 'partialchain', 'untrustedroot'], 'dotnet'),
  plainRule('expired', ['nottimevalid'], 'dotnet'),
  hostRule({
    anchors: ['does not match the server certificate'],
    before: new RegExp(`hostname\\s+${quoted}["'”]?\\s*$`, 'i'),
    client: 'ruby',
  }),
  hostRule({
    anchors: ['did not match expected cn'],
    after: new RegExp(`^\\s*=\\s*${quoted}`),
    client: 'php',
    needsHost: true,
    isNameless: (before) => isForeignCommonName(before),
  }),
  hostRule({
    anchors: ['did not match expected name'],
    after: new RegExp(`^\\s*${quoted}`),
    client: 'php',
    needsHost: true,
  }),
  hostRule({ anchors: ['[namemismatch'], after: new RegExp(`^\\s*${quoted}`), needsHost: true }),
];

const browserRules: readonly Rule[] = [
  hostRule({
    anchors: ['pretending to be'],
    after: new RegExp(`^\\s*${quoted}`),
    client: 'browser',
    needsHost: true,
  }),
  {
    anchors: ['could not prove that it is', "couldn't prove that it's", 'couldn’t prove that it’s'],
    read(place) {
      const onwards = textOnwards(place);
      const host = new RegExp(`^\\s*${quoted}`).exec(onwards)?.[1];
      const [sentence = ''] = onwards.split('\n');
      const end = place.end + sentence.length;
      if (/not trusted/.test(sentence)) return { says: 'untrusted-ca', end, client: 'browser' };
      if (/expired/.test(sentence)) return { says: 'expired', end, client: 'browser' };
      return host === undefined
        ? undefined
        : { says: 'name-mismatch', host: tidyHost(host), end, client: 'browser' };
    },
  },
  hostRule({
    anchors: ['certificate that is not valid for'],
    after: new RegExp(`^\\s*${quoted}`),
    list: /only valid for(?: the following names)?:?\s*([^\n]{0,2000})/,
    client: 'browser',
    needsHost: true,
  }),
  plainRule(
    'name-mismatch',
    [
      'err_cert_common_name_invalid',
      'ssl_error_bad_cert_domain',
      'dlg_flags_sec_cert_cn_invalid',
      'moz_error_bad_cert_domain',
    ],
    'browser',
  ),
  plainRule(
    'untrusted-ca',
    [
      'err_cert_authority_invalid',
      'sec_error_unknown_issuer',
      'mozilla_pkix_error_self_signed_cert',
      'dlg_flags_invalid_ca',
    ],
    'browser',
  ),
  plainRule(
    'expired',
    ['err_cert_date_invalid', 'sec_error_expired_certificate', 'dlg_flags_sec_cert_date_invalid'],
    'browser',
  ),
  plainRule('not-tls', ['err_ssl_protocol_error', 'ssl_error_rx_record_too_long'], 'browser'),
];

export const languageRules: readonly Rule[] = [
  ...pythonRules,
  ...javaRules,
  ...nodeRules,
  ...rustRules,
  ...otherRules,
  ...browserRules,
];
