/** Metrics for node_exporter's textfile collector: missing names, expiry and how the last run ended. Samples carry no timestamps. */
import type { Certificate } from '../model/certificate.ts';
import type { Inspection } from '../model/inspection.ts';
import { display } from '../model/display.ts';
import type { Plan } from '../model/plan.ts';
import type { Verification } from '../model/verification.ts';

/** Longer than any name of a node or cluster, so that two of them never become one. */
const longestLabel = 4096;

type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** The format takes any UTF-8, but people look at such files too: https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details */
export function labelValue(text: string): string {
  return display(text, longestLabel).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}

function textOf(metrics: readonly Metric[], common: Labels): string {
  return metrics
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, help, samples }) => {
      // Two samples of one label set are refused as a whole file.
      const lines = new Map(
        samples.map(({ labels, value }) => {
          const all = Object.entries({ ...common, ...labels });
          const key = all.map(([label, text]) => `${label}="${labelValue(text)}"`).join(',');
          return [key, `${name}{${key}} ${value}`];
        }),
      );
      return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${[...lines.values()].join('\n')}\n`;
    })
    .join('');
}

/** With the command as a label: the collector refuses a metric that two files have alike. */
function commonLabels(command: string, cluster: string | undefined): Labels {
  return { command, cluster: cluster ?? '' };
}

function lastRun(exitCode: number, at: string): readonly Metric[] {
  return [
    {
      name: 'fix_sans_last_run_exit_code',
      help: 'How the last run ended: 0 is good, 2 a name is missing; the README has the others.',
      samples: [{ labels: {}, value: exitCode }],
    },
    {
      name: 'fix_sans_last_run_time_seconds',
      help: 'When the last run read the cluster, in seconds since 1970.',
      samples: secondsOf(at).map((value) => ({ labels: {}, value })),
    },
  ];
}

function missingNames(samples: readonly Sample[]): Metric {
  return {
    name: 'fix_sans_missing_names',
    help: 'Names that the API server certificate of this control plane lacks.',
    samples,
  };
}

function expiry(samples: readonly Sample[]): Metric {
  return {
    name: 'fix_sans_certificate_expiry_time_seconds',
    help: 'When the certificate ends, in seconds since 1970.',
    samples,
  };
}

function nodeRead(samples: readonly Sample[]): Metric {
  return { name: 'fix_sans_node_read', help: 'Whether this node could be read.', samples };
}

function secondsOf(at: string | undefined): readonly number[] {
  const milliseconds = Date.parse(at ?? '');
  return Number.isFinite(milliseconds) ? [Math.floor(milliseconds / 1000)] : [];
}

export function inspectAsPrometheus({ exitCode, facts, names, nodes }: Inspection): string {
  const controlPlanes = nodes.filter(({ node }) => node.role === 'control-plane');
  const missing = controlPlanes.flatMap(({ node, result }): readonly Sample[] => {
    if (result.state !== 'read' || result.facts.apiserver === undefined) return [];
    const lacking = names.filter((row) =>
      row.nodes.some(
        (one) =>
          one.node === node.name && one.wanted && row.wanted !== 'no' && (one.served ?? one.onDisk) === false,
      ),
    );
    return [{ labels: { node: node.name }, value: lacking.length }];
  });
  const ends = nodes.flatMap(({ node, result }): readonly Sample[] => {
    if (result.state !== 'read') return [];
    const files = [
      ['apiserver', result.facts.certificate],
      ['ca', result.facts.ca],
    ] as const;
    return files.flatMap(([what, file]) =>
      file?.reading?.ok === true ? endOf(node.name, what, file.reading.certificates[0]) : [],
    );
  });
  const read = nodes.map(({ node, result }) => ({
    labels: { node: node.name },
    value: result.state === 'read' ? 1 : 0,
  }));
  return textOf(
    [missingNames(missing), expiry(ends), nodeRead(read), ...lastRun(exitCode, facts.readAt)],
    commonLabels('inspect', facts.cluster),
  );
}

function endOf(node: string, certificate: string, { notAfter }: Certificate): readonly Sample[] {
  return secondsOf(notAfter).map((value) => ({ labels: { node, certificate }, value }));
}

export function planAsPrometheus({ exitCode, nodes, madeAt, cluster }: Plan): string {
  const missing = nodes.map(({ node, names }) => ({
    labels: { node },
    value: names.filter(({ fate }) => fate === 'added').length,
  }));
  const ends = nodes.flatMap(({ node, certificate }) =>
    secondsOf(certificate.notAfterToday).map((value) => ({
      labels: { node, certificate: 'apiserver' },
      value,
    })),
  );
  return textOf(
    [missingNames(missing), expiry(ends), ...lastRun(exitCode, madeAt)],
    commonLabels('plan', cluster),
  );
}

export function verifyAsPrometheus({ exitCode, nodes, walks, madeAt, cluster, gaps }: Verification): string {
  const missing = nodes.map(({ node, names }) => ({
    labels: { node },
    value: names.filter(({ here, node: own, pod }) =>
      [here, own, pod].some(({ outcome }) => outcome === 'missing'),
    ).length,
  }));
  const broken = walks.map(({ node, namespace, pod, broken: link }) => ({
    labels: { node, namespace, pod, link: link ?? '' },
    value: link === undefined ? 0 : 1,
  }));
  return textOf(
    [
      missingNames(missing),
      {
        name: 'fix_sans_broken_links',
        help: "Whether a link of this pod's way to the API is broken, and which is the first.",
        samples: broken,
      },
      {
        name: 'fix_sans_unproven',
        help: 'What could not be proven, by kind.',
        samples: [...new Set(gaps.map(({ code }) => code))].map((code) => ({
          labels: { kind: code },
          value: gaps.filter((gap) => gap.code === code).length,
        })),
      },
      ...lastRun(exitCode, madeAt),
    ],
    commonLabels('verify', cluster),
  );
}
