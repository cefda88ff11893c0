import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { chromiumPath } from '#test/page/chromium.ts';

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Chromium whose microphone plays `wav` once; pages may use it unless it is `refused`. */
export async function openBrowser(wav?: string, refused = false) {
  const microphone = [
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-audio-capture=${wav}%noloop`,
    `--use-fake-ui-for-media-stream${refused ? '=deny' : ''}`,
  ];
  const args = [...flags, ...(wav === undefined ? [] : microphone)];
  return await chromium.launch({ executablePath: chromiumPath, args });
}

/** A tab that has entered by `link`, and what its console said that is no good: errors, and what the CSP forbade. */
export async function openTab(
  browser: Browser,
  link: URL,
  { panel = 'Panel', ...options }: BrowserContextOptions & { readonly panel?: string } = {},
): Promise<
  AsyncDisposable & { readonly tab: Page; readonly complaints: readonly string[] }
> {
  const context = await browser.newContext(options);
  const tab = await context.newPage();
  const complaints = listComplaints(tab);
  await tab.goto(link.href);
  await tab.getByRole('region', { name: panel }).waitFor();
  return { tab, complaints, [Symbol.asyncDispose]: () => context.close() };
}

export function listComplaints(tab: Page): readonly string[] {
  const complaints: string[] = [];
  /** Chromium says so where the page asks whether it may sound before something was pressed. */
  const isAsking = (text: string) => text.includes('AudioContext was not allowed');
  tab.on('pageerror', ({ message }) => complaints.push(message));
  tab.on('console', (message) => {
    const isBad = ['error', 'warning'].includes(message.type());
    if (isBad && !isAsking(message.text())) complaints.push(message.text());
  });
  return complaints;
}
