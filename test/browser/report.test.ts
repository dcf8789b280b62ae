/** The HTML report in a real Chromium: as it looks in light, dark, on a phone and on paper, and as a screen reader finds it. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import axe, { type AxeResults } from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { diagnoseCluster } from '../../src/diagnose/diagnose-cluster.ts';
import type { ClusterFacts } from '../../src/model/cluster-facts.ts';
import { inspectReports, planReports, verifyReports } from '../../src/report/index.ts';
import { ensureCommands, findCommand } from '../lab/install.ts';
import { buildFacts, changeNode } from '../support/facts.ts';
import { samplePlans } from '../support/sample-plans.ts';
import { sampleStories } from '../support/sample-stories.ts';
import { sampleVerifications } from '../support/sample-verifications.ts';
import { labOptions } from '../support/ssh-hosts.ts';

/** To be looked at by somebody; not kept in the repository. */
const shelf = path.join(import.meta.dirname, '../../.cache/screens');
let browser: Browser;

beforeAll(async () => {
  await ensureCommands(
    [{ command: 'chromium', package: 'chromium', purpose: 'shows the HTML report' }],
    labOptions,
  );
  mkdirSync(shelf, { recursive: true });
  browser = await chromium.launch({
    executablePath: findCommand('chromium') ?? 'chromium',
    // Its sandbox refuses to run as root; what it shows here is made by the test.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
});

afterAll(() => browser.close());

interface Shown {
  readonly page: Page;
  readonly complaints: readonly string[];
  readonly requests: readonly string[];
}

interface Look {
  readonly colorScheme?: 'light' | 'dark';
  readonly width?: number;
  readonly javaScriptEnabled?: boolean;
}

/** With one name for all the many files of a test. */
async function withPage(
  facts: ClusterFacts,
  how: Look,
  look: (shown: Shown) => Promise<void>,
): Promise<void> {
  const html = inspectReports['html']?.(diagnoseCluster(facts), { colour: false, width: 80 }) ?? '';
  await withHtml(html, how, look);
}

async function withHtml(
  html: string,
  { colorScheme = 'light', width = 1100, javaScriptEnabled = true }: Look,
  look: (shown: Shown) => Promise<void>,
): Promise<void> {
  const page = await browser.newPage({ colorScheme, javaScriptEnabled, viewport: { width, height: 900 } });
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(dialog.message());
    void dialog.dismiss();
  });
  try {
    await page.route('https://report.example/', (route) =>
      route.fulfill({ body: html, contentType: 'text/html; charset=utf-8' }),
    );
    page.on('request', (request) => requests.push(request.url()));
    await page.goto('https://report.example/');
    await look({ page, complaints, requests });
  } finally {
    await page.close();
  }
}

async function axeViolations(page: Page): Promise<readonly string[]> {
  // Not by a script tag, which the page's own policy forbids.
  await page.evaluate(axe.source);
  const results = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as AxeResults;
  return results.violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 200)}`),
  );
}

const stories: readonly (readonly [string, ClusterFacts])[] = Object.entries(sampleStories);

describe.each(['light', 'dark'] as const)('%s', (colorScheme) => {
  test.each(stories)('%s: axe finds nothing, and nothing is loaded or said', async (name, facts) => {
    await withPage(facts, { colorScheme }, async ({ page, complaints, requests }) => {
      const file = `${name.replace(/[^a-z0-9]+/gi, '-')}-${colorScheme}.png`;
      await page.screenshot({ path: path.join(shelf, file), fullPage: true });
      expect(await axeViolations(page)).toEqual([]);
      expect(complaints).toEqual([]);
      expect(requests).toEqual(['https://report.example/']);
    });
  });
});

const look = { colour: false, width: 80 };
/** The poisoned ones have several nodes of one name, which no cluster has; they are looked at below. */
const plans = Object.entries(samplePlans())
  .filter(([name]) => name !== 'poisoned')
  .map(([name, plan]) => ['plan', name, planReports['html']?.(plan, look) ?? ''] as const);
const verifications = Object.entries(sampleVerifications())
  .filter(([name]) => name !== 'poisoned')
  .map(([name, one]) => ['verify', name, verifyReports['html']?.(one, look) ?? ''] as const);
const pages = [...plans, ...verifications];

describe.each(['light', 'dark'] as const)('of plan and verify, %s', (colorScheme) => {
  test.each(pages)(
    '%s, %s: axe finds nothing, and nothing is loaded or said',
    async (command, name, html) => {
      await withHtml(html, { colorScheme }, async ({ page, complaints, requests }) => {
        const file = `${command}-${name}-${colorScheme}.png`;
        await page.screenshot({ path: path.join(shelf, file), fullPage: true });
        expect(await page.locator('h1').textContent()).toMatch(
          command === 'plan' ? /plan/ : /verify|way to the API/,
        );
        expect(await axeViolations(page)).toEqual([]);
        expect(complaints).toEqual([]);
        expect(requests).toEqual(['https://report.example/']);
      });
    },
  );
});

test.each([360, 768])(
  'at %i pixels no plan and no verification scrolls sideways, and on paper nothing is cut off',
  async (width) => {
    for (const [, , html] of pages) {
      await withHtml(html, { width }, async ({ page }) => {
        const over = 'document.documentElement.scrollWidth - window.innerWidth';
        expect(await page.evaluate(over)).toBeLessThanOrEqual(0);
        await page.emulateMedia({ media: 'print' });
        await page.setViewportSize({ width: 718, height: 1000 });
        expect(await page.evaluate(over)).toBeLessThanOrEqual(0);
      });
    }
  },
);

const hostile = '<script>alert(1)</script><img src=x onerror=alert(2)>';

test.each([
  ['plan', planReports['html']?.(samplePlans(hostile).poisoned, look) ?? ''],
  ['verification', verifyReports['html']?.(sampleVerifications(hostile).poisoned, look) ?? ''],
])('a %s of hostile names runs nothing of them', async (_, html) => {
  await withHtml(html, {}, async ({ page, complaints, requests }) => {
    expect(await page.locator('main').textContent()).toContain(hostile);
    expect(await page.locator('script, img').count()).toBe(0);
    expect(complaints).toEqual([]);
    expect(requests).toHaveLength(1);
  });
});

test('axe does find what is wrong, when something is', async () => {
  await withPage(sampleStories.healthy, {}, async ({ page }) => {
    await page.evaluate(
      'document.querySelector("main").innerHTML += "<img><p style=\'color:#eee\'>pale</p>"',
    );
    const found = await axeViolations(page);
    expect(found.some((one) => one.startsWith('image-alt'))).toBe(true);
    expect(found.length).toBeGreaterThan(1);
  });
});

test.each([360, 768, 1400])('at %i pixels the page does not scroll sideways', async (width) => {
  for (const [, facts] of stories) {
    await withPage(facts, { width }, async ({ page }) => {
      const over = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
      expect(over).toBeLessThanOrEqual(0);
    });
  }
});

test('the commands are there as text to copy, each in one piece', async () => {
  const facts = sampleStories['S4 proxy by the environment'];
  await withPage(facts, {}, async ({ page }) => {
    const shown = await page.locator('pre code').allTextContents();
    expect(shown).toEqual(diagnoseCluster(facts).next.map(({ command }) => command));
  });
});

test('the matrix says which node lacks which name, in words and not by colour alone', async () => {
  await withPage(sampleStories['S1 pods fail'], {}, async ({ page }) => {
    const heads = await page.locator('table.matrix thead th').allTextContents();
    const row = page
      .locator('table.matrix tbody tr')
      .filter({ has: page.locator('th', { hasText: /^10\.240\.0\.65$/ }) });
    const cells = await row.locator('th, td').allTextContents();
    expect(Object.fromEntries(heads.map((head, at) => [head, cells[at]]))).toMatchObject({
      cp1: 'yes',
      cp2: 'MISSING',
      cp3: 'yes',
      'who breaks without it': 'pods',
    });
  });
});

test('on paper it is black on white, also where the screen is dark, and nothing is cut off', async () => {
  await withPage(sampleStories['S1 pods fail'], { colorScheme: 'dark' }, async ({ page }) => {
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(0, 0, 0)');
    // A4 without its margins.
    await page.setViewportSize({ width: 718, height: 1000 });
    expect(
      await page.evaluate('document.documentElement.scrollWidth - window.innerWidth'),
    ).toBeLessThanOrEqual(0);
    await page.screenshot({ path: path.join(shelf, 'paper.png'), fullPage: true });
    const pdf = await page.pdf({ format: 'A4', path: path.join(shelf, 'paper.pdf') });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  });
});

test('without JavaScript it is the same page, and links lead to its sections', async () => {
  await withPage(sampleStories['S4 without SSH'], { javaScriptEnabled: false }, async ({ page }) => {
    const links = page.locator('nav a');
    const targets = await links.evaluateAll((all) => all.map((one) => (one as { hash?: string }).hash ?? ''));
    expect(targets.length).toBeGreaterThan(3);
    for (const target of targets) expect(await page.locator(target).count()).toBe(1);
  });
});

test('a name that is markup is shown as it is spelled, and runs nowhere', async () => {
  const name = '<script>alert(1)</script><img src=x onerror=alert(2)>';
  const facts = changeNode(buildFacts({ controlPlanes: 1 }), 'cp1', () => ({ strayManifests: [name] }));
  await withPage(facts, {}, async ({ page, complaints, requests }) => {
    expect(await page.locator('main').textContent()).toContain(name);
    expect(await page.locator('script, img').count()).toBe(0);
    expect(complaints).toEqual([]);
    expect(requests).toHaveLength(1);
  });
});
