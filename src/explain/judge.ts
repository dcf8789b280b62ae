/** Judges one error message: whose certificate was it, and is a SAN the remedy? */
import type { CauseCode } from '../model/cause.ts';
import { isApiserverName, isCovered, looseSan, type San } from '../model/san.ts';
import type { Endpoint } from './endpoint.ts';
import { compileFinder } from './needles.ts';
import type { Reading } from './reading.ts';

export interface Message {
  readonly reading: Reading;
  /** The line it stands in, and the part of it that belongs to this message. */
  readonly line: string;
  readonly local: string;
  readonly endpoint?: Endpoint;
}

type Service = 'kubelet' | 'webhook' | 'etcd' | 'foreign' | 'apiserver';

// Registries and other public services: a cluster that answers in their name was led astray by DNS or a proxy.
const publicHost =
  /(?:^|\.)(?:docker\.(?:io|com)|gcr\.io|ghcr\.io|quay\.io|k8s\.io|pkg\.dev|github\.com|githubusercontent\.com|gitlab\.com|google\.com|googleapis\.com|mcr\.microsoft\.com|azurecr\.io|microsoftonline\.com|pypi\.org|npmjs\.(?:org|com)|maven\.org|debian\.org|ubuntu\.com|kubernetes\.io|helm\.sh|hashicorp\.com|jetstack\.io|letsencrypt\.org|docker\.elastic\.co)$/i;
const publicAwsRegistry = /\.dkr\.ecr\.[\w-]+\.amazonaws\.com$/i;
const serviceName = /^[a-z0-9-]+\.[a-z0-9-]+\.svc(?:\.|$)/i;

export function judge(message: Message): CauseCode {
  const { reading } = message;
  switch (reading.says) {
    case 'name-mismatch':
      return judgeMismatch(message);
    case 'no-names':
      return judgeNoNames(message);
    case 'no-certificate':
      return causeOfService(serviceOf(message)) ?? 'wrong-certificate';
    case 'untrusted-ca':
    case 'stale-ca':
    case 'expired':
    case 'not-yet-valid':
    case 'wrong-certificate':
    case 'legacy-common-name':
      return judgeOther(message, reading.says);
    default:
      return reading.says;
  }
}

function judgeOther(message: Message, says: CauseCode): CauseCode {
  if (isAboutClientCertificate(message.local)) return 'client-certificate';
  const service = serviceOf(message);
  if (says === 'legacy-common-name' || service !== 'foreign') return causeOfService(service) ?? says;
  return says;
}

/** The API server's own log about a certificate that a client showed. */
function isAboutClientCertificate(text: string): boolean {
  return /unable to authenticate the request|verifying certificate SN=|client certificate|tls handshake error from/i.test(
    text,
  );
}

function judgeNoNames(message: Message): CauseCode {
  // kubeadm's certificate always holds two addresses and five names, so this one is not its own.
  return causeOfService(serviceOf(message)) ?? 'intercepted';
}

function judgeMismatch(message: Message): CauseCode {
  const { reading, local } = message;
  if (/proxyconnect tcp/i.test(local)) return 'intercepted';
  const byService = causeOfService(serviceOf(message));
  if (byService !== undefined) return byService;
  return judgeNames(reading);
}

function judgeNames({ host, listed = [], listIsWhole }: Reading): CauseCode {
  const held = listed.map(looseSan).filter((san): san is San => san !== undefined);
  const wanted = host === undefined ? undefined : looseSan(host);
  if (wanted !== undefined && isCovered(held, wanted)) return 'client-bug';
  return listIsWhole === true ? judgeList(held, wanted) : 'san-missing';
}

/** A list without what kubeadm always writes was printed of another certificate. */
function judgeList(held: readonly San[], wanted: San | undefined): CauseCode {
  const names = held.filter((san) => san.type === 'dns');
  if (names.some((san) => san.value === 'apiserver-loopback-client')) return 'wrong-certificate';
  // Go lists only the kind that was asked for; other clients list both.
  if (names.length > 0 && !names.some((san) => isApiserverName(san.value)) && wanted !== undefined) {
    return 'wrong-endpoint';
  }
  const addresses = held.filter((san) => san.type === 'ip');
  const isLoopback = addresses.length > 0 && addresses.every((san) => /^127\.|^::1$/.test(san.value));
  return isLoopback && names.length === 0 ? 'wrong-endpoint' : 'san-missing';
}

const causeOfOther: Readonly<Record<Exclude<Service, 'apiserver'>, CauseCode>> = {
  kubelet: 'kubelet-certificate',
  webhook: 'webhook-certificate',
  etcd: 'etcd-certificate',
  foreign: 'wrong-endpoint',
};

function causeOfService(service: Service): CauseCode | undefined {
  return service === 'apiserver' ? undefined : causeOfOther[service];
}

/** Kafka, MongoDB, PostgreSQL, MySQL, Redis, Elasticsearch, AMQP, LDAP and mail: servers that are no API server. */
const otherPorts: ReadonlySet<number> = new Set([
  9092, 9093, 9094, 27017, 5432, 3306, 6379, 9200, 9300, 5671, 5672, 389, 636, 25, 465, 587, 993, 995,
]);

/** What a line about another server than the API server holds; most lines hold none. */
const findOther = compileFinder([
  'dialing backend|metrics|containerlogs|etcd|clientv3|rafthttp|embed/config',
  'webhook|missing response|faileddiscovery|available_controller|apiservice',
  'mongoserver|mongonetwork|apache.kafka|psqlexception|rediserror',
]);

/** Which server answered, by port, path and what the line is about. */
function serviceOf({ reading, line, local, endpoint }: Message): Service {
  const host = endpoint?.host ?? reading.host ?? '';
  const port = endpoint?.port;
  const path = endpoint?.path ?? '';
  if (
    port === 10250 ||
    port === 10255 ||
    /^\/(?:containerLogs|exec|attach|portForward|stats|pods|metrics\/(?:resource|cadvisor|probes))\b/.test(
      path,
    )
  ) {
    return 'kubelet';
  }
  const isOfOther = findOther(line, 0, line.length) !== -1;
  if (
    isOfOther &&
    /error dialing backend|unable to (?:fully )?(?:scrape|fetch) (?:node )?metrics|containerLogs/i.test(line)
  ) {
    return 'kubelet';
  }
  if (
    port === 2379 ||
    port === 2380 ||
    (isOfOther && /etcdserver|etcdmain|etcd client|etcd cluster|clientv3|rafthttp|embed\/config/i.test(local))
  ) {
    return 'etcd';
  }
  if (
    isOfOther &&
    /failed calling (?:admission )?webhook|conversion webhook|failing or missing response from|FailedDiscoveryCheck|available_controller|APIService/i.test(
      line,
    )
  ) {
    return 'webhook';
  }
  if (port !== undefined && otherPorts.has(port)) return 'foreign';
  if (
    port === undefined &&
    isOfOther &&
    /Mongo(?:Server|Network)\w*|org\.apache\.kafka|PSQLException|RedisError/.test(line)
  )
    return 'foreign';
  if (serviceName.test(host) && !isApiserverName(host)) return 'webhook';
  if (publicHost.test(host) || publicAwsRegistry.test(host) || /^\/(?:v2|v1)(?:\/|$|\?)/.test(path))
    return 'foreign';
  return 'apiserver';
}
