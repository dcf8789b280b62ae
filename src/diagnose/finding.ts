/** Makes findings, so that a code and its arguments always fit. */
import type { Finding, FindingArgs, FindingCode, Severity } from '../model/finding.ts';

export function finding<Code extends FindingCode>(
  code: Code,
  severity: Severity,
  args: FindingArgs[Code],
  node?: string,
): Finding {
  return { code, severity, args, ...(node === undefined ? {} : { node }) } as Finding;
}
