/** The runs for programs: the value itself. */
import type { RunsListing } from '../../model/runs.ts';
import { envelope } from '../envelope.ts';

export function runsAsJson(listing: RunsListing): string {
  return envelope('runs', listing);
}
