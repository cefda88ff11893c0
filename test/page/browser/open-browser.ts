import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readWav, writeWav } from '#src/audio/formats/wav.ts';
import { chromiumPath } from '#test/page/chromium.ts';
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type Page,
} from '#tools/browsers.ts';

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

/** Where somebody has pressed Microphone, a busy machine opens the page's way of sound later than Chromium begins to play. */
const microphoneLeadMs = 700;

/** Chromium whose microphone plays the file `wav` once, after silence; pages may use it unless it is `refused`. */
export async function openBrowser(wav?: string, refused = false) {
  if (wav === undefined)
    return await chromium.launch({ executablePath: chromiumPath, args: flags });
  const folder = mkdtempSync(join(tmpdir(), 'microphone-'));
  const microphone = join(folder, 'microphone.wav');
  writeFileSync(microphone, leadWithSilence(readFileSync(wav)));
  const args = [
    ...flags,
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-audio-capture=${microphone}%noloop`,
    `--use-fake-ui-for-media-stream${refused ? '=deny' : ''}`,
  ];
  const browser = await chromium.launch({ executablePath: chromiumPath, args });
  browser.on('disconnected', () => rmSync(folder, { recursive: true, force: true }));
  return browser;
}

function leadWithSilence(wav: Uint8Array) {
  const { samples, rateHz, channels } = readWav(wav);
  const lead = Math.round((rateHz * microphoneLeadMs) / 1_000) * channels;
  const led = new Int16Array(lead + samples.length);
  led.set(samples, lead);
  return writeWav({ samples: led, rateHz, channels });
}

/** A tab that has entered by `link`, and what its console said that is no good: errors, and what the CSP forbade. */
export async function openTab(
  browser: Browser,
  link: URL,
  {
    panel = 'Panel',
    ...options
  }: BrowserContextOptions & { readonly panel?: string } = {},
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
