/** One exec on a node, and from its reply everything that inspection knows of the node and, on a control plane, of the API. */
import type { ApiFacts } from '../../model/api-facts.ts';
import { readCertificates } from '../../model/certificate.ts';
import type { NodeFacts } from '../../model/node-facts.ts';
import type { NodeReader, Reply } from '../../reach/reader.ts';
import { apiFacts, readAnswers } from '../api/api-facts.ts';
import { factsQuery } from './facts-script.ts';
import { NodeFiles } from './files.ts';
import { apiserverFacts, hostPath, parseManifest, strayManifests } from './manifest.ts';
import { parseKubeconfig } from './kubeconfig.ts';
import { loadBalancersOf } from './load-balancers.ts';
import { parseRows } from './texts.ts';
import { distributionsOf, kubeadmOf, podsOf, skewOf, systemOf } from './system.ts';
