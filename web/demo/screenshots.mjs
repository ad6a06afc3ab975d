// Takes the pictures of docs/demo.md in Chromium: desktop and phone, light and dark.
//
//   node web/demo/screenshots.mjs [FOLDER]    FOLDER: where they go, by default docs/images
//
// The page must have been built: npm start does it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { findBrowser } from '../../tools/lib/browsers.mjs';
import { asCommand, projectRoot } from '../../tools/lib/run.mjs';
import { serve } from './serve.mjs';

const sizes = {
  desktop: { width: 1280, height: 900 },
  phone: { width: 390, height: 844 },
};

const timeout = 120_000;

/** Shows a text with its labels, one sentence pointed at; on desktops its alternatives as well. */
async function prepare(page, wide) {
  const requests = page.locator('#fact-requests');
  await requests.filter({ hasText: /^0$/ }).waitFor({ timeout });
  await page.getByRole('button', { name: 'A review' }).click();
  await page.locator('#labels .label').last().filter({ hasText: '%' }).waitFor({ timeout });
  await page.locator('.heat td[data-row]').first().waitFor({ timeout });
  const sentence = page.locator('#target .sentence[data-state=done]').nth(1);
  await sentence.hover({ timeout });
  if (!wide) return;
  await sentence.click();
  await page.locator('#alternatives-list li').first().waitFor({ timeout });
}

/** The whole page as WebP, a third of the size of PNG. */
async function picture(page) {
  const session = await page.context().newCDPSession(page);
  const { cssContentSize: size } = await session.send('Page.getLayoutMetrics');
  const { data } = await session.send('Page.captureScreenshot', {
    format: 'webp',
    quality: 80,
    captureBeyondViewport: true,
    clip: { x: 0, y: 0, width: size.width, height: size.height, scale: 1 },
  });
  return Buffer.from(data, 'base64');
}

async function shoot(context, address, size, scheme, folder) {
  const page = await context.newPage();
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
  await page.setViewportSize(sizes[size]);
  await page.goto(address);
  await prepare(page, size === 'desktop');
  const path = join(folder, `demo-${size}-${scheme}.webp`);
  writeFileSync(path, await picture(page));
  await page.close();
  console.log(path);
}

async function takeAll(folder) {
  mkdirSync(folder, { recursive: true });
  const { address, close } = await serve(0);
  const context = await chromium.launchPersistentContext('', {
    executablePath: findBrowser('chromium'),
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run'],
  });
  try {
    for (const size of Object.keys(sizes)) {
      for (const scheme of ['light', 'dark']) await shoot(context, address, size, scheme, folder);
    }
  } finally {
    await context.close();
    close();
  }
}

await asCommand(() => takeAll(resolve(process.argv[2] ?? join(projectRoot, 'docs/images'))));
