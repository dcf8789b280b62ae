/** `npx tsx scripts/report-picture.ts`: docs/report.png anew, a page of inspect (story S1) as Chromium shows it. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { diagnoseCluster } from '../src/diagnose/diagnose-cluster.ts';
import { inspectReports } from '../src/report/index.ts';
import { ensureCommands, findCommand } from '../test/lab/install.ts';
import { labOptions } from '../test/support/ssh-hosts.ts';
import { sampleStories } from '../test/support/sample-stories.ts';

const picture = path.join(import.meta.dirname, '../docs/report.png');
const most = 200 * 1024;

await ensureCommands(
  [{ command: 'chromium', package: 'chromium', purpose: 'shows the HTML report' }],
  labOptions,
);
const html = inspectReports['html']?.(diagnoseCluster(sampleStories['S1 pods fail']), {
  colour: false,
  width: 80,
});
if (html === undefined) throw new Error('there is no HTML report');
const browser = await chromium.launch({
  executablePath: findCommand('chromium') ?? 'chromium',
  // Its sandbox refuses to run as root; what it shows here is made above.
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
try {
  const page = await browser.newPage({ colorScheme: 'light', viewport: { width: 1000, height: 900 } });
  await page.setContent(html);
  await page.screenshot({ path: picture });
} finally {
  await browser.close();
}
const { size } = statSync(picture);
if (size > most) throw new Error(`${picture} has ${size} bytes, which is more than ${most}`);
console.log(`wrote ${path.relative(process.cwd(), picture)}: ${size} bytes`);
