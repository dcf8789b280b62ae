/** How long a new certificate lives and with which key: never shorter and never weaker than today without being told. */
import { saysLifeAndAlgorithm } from '../flavours/kubeadm-config-version.ts';
import type { Certificate, PublicKey } from '../model/certificate.ts';

/** https://github.com/kubernetes/kubernetes/blob/v1.34.0/cmd/kubeadm/app/constants/constants.go (CertificateValidityPeriod) */
export const usualHours = 365 * 24;
const hour = 3_600_000;
/** kubeadm dates back by five minutes, and clocks differ. */
const tolerance = hour;

export interface ValidityPlan {
  readonly hours: number;
  readonly isShorter: boolean;
  /** What the configuration has to say so that nothing shrinks: `87600h0m0s`. */
  readonly period?: string;
}

interface ValidityInput {
  readonly leaf: Certificate | undefined;
  readonly ca: Certificate | undefined;
  readonly configured: string | undefined;
  readonly apiVersion: string;
  readonly readAt: string;
}

export function planValidity({ leaf, ca, configured, apiVersion, readAt }: ValidityInput): ValidityPlan {
  const now = Date.parse(readAt);
  const hours = hoursOf(configured) ?? usualHours;
  // Past the end of its CA nobody trusts it, so no more than that can be lost.
  const ends = [leaf?.notAfter, ca?.notAfter].flatMap((date) => (date === undefined ? [] : Date.parse(date)));
  const today = leaf === undefined ? now : Math.min(...ends);
  const isShorter = today > now + hours * hour + tolerance;
  if (!isShorter)
    return { hours, isShorter: false, ...(configured === undefined ? {} : { period: configured }) };
  if (!saysLifeAndAlgorithm(apiVersion)) return { hours, isShorter: true };
  const days = Math.ceil((today - now) / (24 * hour));
  return { hours: days * 24, isShorter: false, period: `${days * 24}h0m0s` };
}

/** `8760h0m0s`, `87600h`, `1h30m`: a duration as Go writes it. */
export function hoursOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^(?:\d+(?:\.\d+)?(?:h|m|s|ms|us|µs|ns))+$/.test(text)) return undefined;
  const sizes: Readonly<Record<string, number>> = { h: 1, m: 1 / 60, s: 1 / 3600 };
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(ms|us|µs|ns|h|m|s)/g);
  return [...parts].reduce((sum, [, number, unit = '']) => sum + Number(number) * (sizes[unit] ?? 0), 0);
}

const curves: Readonly<Record<string, string>> = {
  prime256v1: 'ECDSA-P256',
  'P-256': 'ECDSA-P256',
  secp384r1: 'ECDSA-P384',
  'P-384': 'ECDSA-P384',
};

/** As kubeadm calls it; undefined for what it cannot make. */
export function algorithmOf(key: PublicKey): string | undefined {
  if (key.type === 'ec') return curves[key.curve];
  if (key.type !== 'rsa') return undefined;
  return [2048, 3072, 4096].includes(key.bits) ? `RSA-${key.bits}` : undefined;
}

export interface AlgorithmPlan {
  readonly algorithm: string;
  /** To be said in the configuration, which does not say it by itself. */
  readonly toSay?: string;
  /** What it is today, where the new one differs. */
  readonly differsFrom?: string;
}

/** What kubeadm-config says, else what is on disk, as far as this version of the configuration has a word for it. */
export function planAlgorithm(
  leaf: Certificate | undefined,
  configured: string | undefined,
  { apiVersion, kubeadmMinor }: { readonly apiVersion: string; readonly kubeadmMinor: number },
): AlgorithmPlan {
  const today = leaf === undefined ? undefined : (algorithmOf(leaf.key) ?? nameOf(leaf.key));
  const fallback = configured ?? 'RSA-2048';
  if (configured !== undefined || leaf === undefined || today === fallback)
    return {
      algorithm: fallback,
      ...(today === undefined || today === fallback ? {} : { differsFrom: today }),
    };
  const known = algorithmOf(leaf.key);
  const canSay =
    known !== undefined && saysLifeAndAlgorithm(apiVersion) && (known !== 'ECDSA-P384' || kubeadmMinor >= 34);
  return canSay
    ? { algorithm: known, toSay: known }
    : { algorithm: fallback, differsFrom: today ?? 'unknown' };
}

function nameOf(key: PublicKey): string {
  if (key.type === 'rsa') return `RSA-${key.bits}`;
  return key.type === 'ec' ? `ECDSA ${key.curve}` : key.algorithm;
}
