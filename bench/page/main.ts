// npm run bench:page [-- --turns 15] [--fresh] [--part operator [--seconds 60] [--runs 3]]
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { Clips, type QuestionClip } from '#bench/clips.ts';
import { type Spread, spread } from '#bench/latency/figures.ts';
import { table } from '#bench/table.ts';
import { writeWav } from '#src/audio/wav.ts';
import { openMockProviders, usualPace } from '#test/fakes/providers/providers.ts';
import { openRecogniser } from '#test/fakes/recogniser/recogniser.ts';
import { openBrowser } from '#test/page/browser/open-browser.ts';
import { tapSound } from '#test/page/browser/sound-tap.ts';
import { timeFreshClone } from './fresh-clone.ts';
import { benchOperator } from './operator.ts';
import {
  microphoneSound,
  openCall,
  pageQuestioner,
  simulatedQuestioner,
  type Wait,
} from './questioners.ts';

const { values: options } = parseArgs({
  options: {
    /** Turns of each of the two. */
    turns: { type: 'string', default: '15' },
    /** Instead: from `npm ci` in a fresh clone of what is committed to the first answer heard in the page. */
    fresh: { type: 'boolean', default: false },
    /** `operator`: the operator's page of 500 servers instead. */
    part: { type: 'string', default: 'room' },
    seconds: { type: 'string', default: '60' },
    runs: { type: 'string', default: '3' },
  },
});
const answer = 'Here is the story you asked for. It began by the sea.';
const msPerChar = 12;
/** Limit of the time that the page adds, p50. */
const mostAddedMs = 60;

console.log('Parley bench: figures of this machine in this minute; compare only within one run.');
if (options.fresh) console.log(await timeFreshClone());
else if (options.part === 'operator')
  await benchOperator(Number(options.seconds), Number(options.runs));
else await benchPage(Number(options.turns));

/** Somebody in front of the page and a simulated person ask the same in turn, each a bot of their own. */
async function benchPage(turns: number): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const [clips, recogniser] = [stack.use(await Clips.open()), await openRecogniser()];
  const clip = clips.all.find(({ text }) => text === 'what time is it');
  if (!clip) throw new Error('There is nothing to say.');
  const { baseUrl } = stack.use(
    await openMockProviders({
      hears: (pcm) => recogniser.hear(pcm),
      replies: [{ match: /^/, text: answer }],
      pace: usualPace,
      msPerChar,
    }),
  );
  const environment = {
    TRANSCRIPTION_BASE_URL: baseUrl,
    CHAT_COMPLETION_BASE_URL: baseUrl,
    SPEECH_BASE_URL: baseUrl,
  };
  const alone = stack.use(await openCall(environment));
  const { tab, call } = await openTalkingTab(environment, clip, stack);
  const questioners = [simulatedQuestioner(alone, clip), pageQuestioner(call, tab, clip)];
  for (const questioner of questioners) await questioner.ask(); // a warm-up
  const before = await countsOf(tab);
  const waits: Wait[][] = [[], []];
  for (let turn = 0; turn < turns; turn++) {
    for (const [n, questioner] of questioners.entries()) {
      const wait = await questioner.ask();
      if (wait) waits[n]?.push(wait);
    }
  }
  const after = await countsOf(tab);
  report(waits, turns);
  console.log(
    `20 ms frames that the player had not in time: ${after.dry - before.dry} of ${after.heard - before.heard}`,
  );
}

type TalkStack = {
  use<T extends AsyncDisposable>(value: T): T;
  defer(run: () => Promise<void>): void;
};

/** The room's page in Chromium, entered, with open talk, and a fake microphone. */
async function openTalkingTab(
  environment: Readonly<Record<string, string>>,
  clip: QuestionClip,
  stack: TalkStack,
) {
  const folder = await mkdtemp(join(tmpdir(), 'parley-bench-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const { promise: link, resolve: onLink } = Promise.withResolvers<string>();
  const onPage = (line: { readonly link?: string | undefined }) => onLink(line.link ?? '');
  const page = { host: '127.0.0.1', port: 0, dataDir: folder, onPage };
  const call = stack.use(await openCall(environment, page));
  const wav = join(folder, 'microphone.wav');
  await writeFile(wav, writeWav(microphoneSound(clip)));
  const browser = await openBrowser(wav);
  stack.defer(() => browser.close());
  const context = await browser.newContext();
  await tapSound(context);
  const tab = await context.newPage();
  await tab.goto(await link);
  await tab.getByLabel('all the time').check();
  return { tab, call };
}

async function countsOf(tab: Page) {
  const root = tab.locator('#root');
  const count = async (name: string) =>
    Number((await root.getAttribute(`data-${name}-frames`)) ?? 0);
  return { heard: await count('heard'), dry: await count('dry') };
}

function report(waits: readonly (readonly Wait[])[], turns: number): void {
  const [simulated, page] = spreadsOf(waits, ({ heardMs }) => heardMs);
  const [simulatedOutside, pageOutside] = spreadsOf(waits, ({ outsideMs }) => outsideMs);
  const row = (name: string, { p50, p95 }: Spread) => [name, p50.toFixed(0), p95.toFixed(0)];
  const added = { p50: page.p50 - simulated.p50, p95: page.p95 - simulated.p95 };
  const head = ['ms from the last voiced frame to the first sound heard', 'p50', 'p95'];
  const rows = [
    row('simulated person', simulated),
    row('page, audio devices left out', page),
    row('added by the page', added),
    ['target', `${mostAddedMs}`, ''],
    row('simulated person: outside the bot', simulatedOutside),
    row('page: outside the bot', pageOutside),
  ];
  console.log(`\n${table(head, rows)}`);
  const missed = waits.map((each) => turns - each.length);
  console.log(`${turns} turns each; not answered: ${missed.join(' and ')}`);
  if (added.p50 <= mostAddedMs && missed.every((count) => count === 0)) return;
  console.error('The page adds more than it may, or a question was not answered.');
  process.exitCode = 1;
}

function spreadsOf(waits: readonly (readonly Wait[])[], of: (wait: Wait) => number) {
  const [one, other] = waits.map((each) => spread(each.map(of)));
  if (!one || !other) throw new Error('There are two questioners.');
  return [one, other] as const;
}
