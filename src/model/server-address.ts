/** Where a client dials: the name and port inside a kubeconfig's `server:`, an endpoint or a controlPlaneEndpoint. */
import { looseSan, type San } from './san.ts';

export interface ServerAddress {
  readonly san: San;
  readonly port: number;
}

/**
 * `https://10.0.0.1:6443`, `api.example:6443`, `[fd00::1]:6443`, `10.0.0.1`. Not by the URL class: it would turn `0x7f.1` into an
 * address, which Go does not. A missing port is that of the scheme, or else `usualPort`.
 */
export function parseServerAddress(text: string, usualPort = 6443): ServerAddress | undefined {
  const [, scheme, bracketed, plain, port] =
    /^(?:(https?):\/\/)?(?:\[([0-9a-f:.]+)\]|([^/?#@:[\]\s]+))(?::(\d{1,5}))?(?:[/?#].*)?$/i.exec(
      text.trim(),
    ) ?? [];
  // An IPv6 address without brackets has no room for a port.
  const host = bracketed ?? plain ?? (/^[0-9a-f:]+$/i.test(text) ? text : undefined);
  const san = host === undefined ? undefined : looseSan(host);
  if (san === undefined) return undefined;
  const ofScheme = { https: 443, http: 80 }[(scheme ?? '').toLowerCase()] ?? usualPort;
  const number = port === undefined ? ofScheme : Number(port);
  return number >= 1 && number <= 65_535 ? { san, port: number } : undefined;
}

/** `[fd00::1]:6443` */
export function formatEndpoint(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
