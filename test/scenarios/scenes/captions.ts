import { expect } from 'vitest';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { formatText } from '#src/texts/texts.ts';
import { toTranscriptsPath } from '#test/fakes/local-stores.ts';
import { makeRecapReply } from '#test/features/captions/answers/recap-reply.ts';
import { readSrt } from '#test/features/captions/files/subtitle-readers.ts';
import type { Stage } from '#test/scenarios/scene-stage.ts';
import {
  onlyOn,
  type ScenarioReading,
  type Scenes,
  type Step,
} from '#test/scenarios/scene-types.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import {
  keptBytes,
  linesIn,
  promptsOf,
  transcriptFor,
} from '#test/scenarios/setup/captioning.ts';
import { retryUntilHeld } from '#test/scenarios/setup/scenario-setup.ts';
import { listFilesWith } from '#test/storage/copied-stores.ts';

const isOn = { has: /^Captions (?:are )?on/ };
/** Adam has called the bot; Ben sits there, too, and said yes for always; captions are on. */
const captioned: readonly Step[] = [
  { Ben: { joins: 'Lounge' } },
  { Adam: { calls: 'Lounge' } },
  { Ben: { runs: '/privacy allow' } },
  {
    Adam: { runs: '/captions on', reads: isOn, settles: true },
    Ben: { settles: true },
  },
];
const [friday, table, chess] = ['Friday at eight', 'I book the table', 'we play chess'];
const talk = [friday, table, chess];
/** Holds the place of a recording. */
const unsaid = 'not said';
const cutOff = 'a sentence cut off';
/** A model that was taken in: a line that nobody said, one that says something else. */
const recap = makeRecapReply(
  { kind: 'decision', text: 'They meet on Friday.', line: 1, words: 'Friday at eight' },
  { kind: 'task', text: 'Ben books a table.', line: 2, words: 'book the table' },
  { kind: 'task', text: 'Somebody brings the board.', line: 3, words: 'we play chess' },
  { text: 'Unfounded.', line: 99, words: 'we play chess' },
  { text: 'Misquoted.', line: 3, words: 'we play draughts' },
);
const foundReading: ScenarioReading = {
  has: /\d\d:\d\d Ben: "I book the table" https:\/\/discord\.com\/channels\/\d+\/\d+\/\d+/,
  to: 'caller',
};
const quote: ScenarioReading = {
  has: /^\d\d:\d\d Adam: "Friday at eight" https:/,
  to: 'caller',
};
const wholeRecap: ScenarioReading = {
  has: /\*\*Decisions\*\*\n\d\d:\d\d Adam: They meet on Friday\. \S+\n\*\*Tasks\*\*\n\d\d:\d\d Ben: Ben books a table\. \S+\n\d\d:\d\d Adam: Somebody brings the board\. \S+$/,
  to: 'caller',
};
const restOfRecap = { has: 'They meet on Friday.', lacks: /Ben|table/ };

const utterances = [
  ...['quagga before', 'okapi unasked', 'tapir left out', 'numbat while paused'],
  ...[
    'dugong captions off',
    'we meet at eight',
    'I bring the bread',
    'Nova who brings wine',
  ],
];
/** A word that is nowhere else, in what must not be written. */
const canaries = /quagga|okapi|tapir|numbat|dugong/;
const asksToForget = { is: formatText('privacy.forget.ask', { n: 1, m: 0, notes: 0 }) };
const copies = { has: formatText('privacy.forget.copies') };
const [canary, other] = ['quagga at eight', 'bread and wine'];

/** Ben said the canary and went away; Adam said something else, and stays. */
const spoken: readonly Step[] = [
  ...captioned,
  { Ben: { captions: canary } },
  { Adam: { captions: other } },
  {
    see: ({ dataDir, person }) =>
      ['quagga', other, person('Ben').id].filter(
        (word) => listFilesWith(dataDir, word).length === 0,
      ),
    is: [],
  },
  { Ben: { leaves: true } },
];
/** No file in DATA_DIR holds a word of the canary; who said it stands in the row "forgotten" alone. What Adam said is still there. */
const erased: Step = {
  see: ({ dataDir, person }) => ({
    canary: listFilesWith(dataDir, 'quagga'),
    ben: listFilesWith(dataDir, person('Ben').id).filter(
      (path) => !/parley\.db/.test(path),
    ),
    other: listFilesWith(dataDir, other).length > 0,
  }),
  is: { canary: [], ben: [], other: true },
};
/** Some file in DATA_DIR holds these words. */
const holdsWords = (text: string, is: boolean): Step => ({
  see: ({ dataDir }) => listFilesWith(dataDir, text).length > 0,
  is,
});
const card: Step = { Ben: { runs: '/privacy forget', keep: 'card' } };

export const captionScenes: Scenes = {
  'what people and the bot say is shown by name and in order, of those who agreed': {
    own: { rateLimits: 'usual' },
    sayings: utterances,
    providers: {
      replies: [{ match: 'who brings wine', text: 'Adam brings the wine.' }],
    },
    steps: [
      {
        Ben: { joins: 'Lounge' },
        Cleo: { joins: 'Lounge' },
        Dora: { joins: 'Lounge' },
      },
      { Adam: { calls: 'Lounge' } },
      { Ben: { runs: '/privacy allow' }, Dora: { runs: '/privacy allow' } },
      { Adam: { says: 'quagga before', runs: '/captions on', reads: isOn } },
      { see: (stage) => noticesOf(stage)[0], keep: 'notice' },
      { see: isToldAloud, is: true },
      {
        Dora: {
          presses: ['captions.leave_out', 'notice'],
          reads: onlyOn('captions.left_out'),
        },
      },
      { Cleo: { says: 'okapi unasked' }, Dora: { says: 'tapir left out' } },
      { Adam: { captions: 'we meet at eight' } },
      { Ben: { captions: 'I bring the bread' } },
      { Emil: { joins: 'Lounge' } },
      { see: noticesOf, fits: [{}, {}] },
      { Adam: { says: 'Nova who brings wine' } },
      {
        see: linesIn,
        is: [
          '**Adam** we meet at eight',
          '**Ben** I bring the bread',
          '**Adam** Nova who brings wine',
          '**Nova** Adam brings the wine.',
        ],
      },
      { see: versionsOf, has: /…$/m },
      { see: promptsOf, has: 'Ben: I bring the bread' },
      { Adam: { runs: '/privacy pause' } },
      { Ben: { says: 'numbat while paused' } },
      { Adam: { runs: '/privacy resume' } },
      { Adam: { runs: '/captions off', reads: { has: formatText('captions.off') } } },
      { Ben: { says: 'dugong captions off' } },
      { Emil: { settles: true } },
      { Adam: { runs: '/leave' } },
      { see: keptBytes, has: 'we meet at eight', lacks: canaries },
      { see: promptsOf, lacks: canaries },
      {
        see: ({ sandbox }) => sandbox.requests().map(({ body }) => body),
        lacks: canaries,
      },
      {
        see: ({ sandbox }) => sandbox.requests().filter(({ status }) => status === 429),
        is: [],
      },
    ],
  },
  'a killed bot goes on with the same transcript, and still forgets what it wrote before':
    {
      own: {},
      // The seventh recording lasts three seconds: what is cut off is seen on a slow machine, too.
      sayings: [canary, other, unsaid, 'here again', unsaid, unsaid, cutOff],
      steps: [
        ...captioned,
        { Adam: { captions: other } },
        { Ben: { captions: canary } },
        { see: keptBytes, has: canary },
        {
          together: [
            [{ Adam: { says: cutOff } }],
            [
              { see: (stage) => linesIn(stage).at(-1), has: /^\*\*Adam\*\*.*…$/ },
              { bot: 'is killed' },
              { returnsTo: ['Adam', 'Ben'] },
            ],
          ],
        },
        // What was being said is kept nowhere, so that it is not shown either.
        { see: linesIn, is: [`**Adam** ${other}`, `**Ben** ${canary}`] },
        { Adam: { captions: 'here again' } },
        { see: listTranscribed, is: [other, canary, 'here again'] },
        { Ben: { runs: '/privacy forget', reads: asksToForget, keep: 'card' } },
        { Ben: { presses: ['confirm:forget', 'card'], reads: copies } },
        { see: linesIn, is: [`**Adam** ${other}`, '**Adam** here again'] },
        { see: keptBytes, has: other, lacks: 'quagga' },
      ],
    },
  'the notes of a channel grow by each evening, and people who may open it mend and delete them':
    {
      sayings: [...talk, 'we bring bread', 'see you then'],
      providers: {
        replies: [{ match: /Friday at eight[\s\S]*play chess/, text: recap }],
      },
      steps: [
        ...captioned,
        {
          Adam: { runs: '/captions off' },
          Olga: { runs: '/settings set key:notes value:on' },
        },
        { Adam: { runs: '/privacy allow' } },
        { Adam: { runs: '/captions on', settles: true } },
        { posts: 'Lounge', has: formatText('captions.notice.notes') },
        { Adam: { captions: friday } },
        { Ben: { captions: table } },
        { Adam: { captions: chess } },
        { Ben: { captions: 'we bring bread' } },
        { Adam: { captions: 'see you then' } },
        { Adam: { runs: '/leave' } },
        {
          see: ({ dataDir }) => listFilesWith(dataDir, 'Ben books a table.').length > 0,
          is: true,
        },
        {
          Ben: {
            runs: '/captions notes channel:Lounge',
            reads: {
              has: ['1. They meet on Friday. (Adam,', '2. Ben books a table. (Ben,'],
              to: 'caller',
            },
          },
        },
        {
          Adam: {
            runs: '/captions notes channel:Lounge correct:2 text:Ben books a big table.',
            reads: onlyOn('confirm.done'),
          },
        },
        {
          Adam: {
            runs: '/captions notes channel:Lounge delete:1',
            reads: onlyOn('confirm.done'),
          },
        },
        {
          Ben: {
            runs: '/captions notes channel:Lounge',
            reads: {
              has: '2. Ben books a big table. (Ben ✎ Adam,',
              lacks: 'Friday',
              to: 'caller',
            },
          },
        },
        card,
        { Ben: { presses: ['confirm:forget', 'card'], reads: copies } },
        {
          Adam: {
            runs: '/captions notes channel:Lounge',
            reads: { lacks: ['Friday', 'table'], to: 'caller' },
          },
        },
      ],
    },
  'the end of a scheduled event brings its recap at once, while people talk on with captions':
    {
      own: {},
      sayings: [...talk, 'we bring bread', 'see you then', 'and now to chess'],
      providers: {
        replies: [{ match: /Friday at eight[\s\S]*play chess/, text: recap }],
      },
      steps: [
        { 'the event begins': ({ server }) => server().changeEvent('Lounge', true) },
        ...captioned,
        { Olga: { runs: '/settings set key:recap value:on' } },
        { Adam: { captions: friday } },
        { Ben: { captions: table } },
        { Adam: { captions: chess } },
        { Ben: { captions: 'we bring bread' } },
        { Adam: { captions: 'see you then' } },
        { posts: 'Lounge', lacks: 'They meet on Friday.' },
        { 'the event ends': ({ server }) => server().changeEvent('Lounge', false) },
        { posts: 'Lounge', has: ['They meet on Friday.', 'Ben books a table.'] },
        { Adam: { captions: 'and now to chess' } },
        { botSits: 'Lounge' },
      ],
    },
  'what was said is found again: as files, by words, by a question, and summed up': {
    sayings: talk,
    providers: {
      replies: [
        { match: 'Question:', text: '[1]' },
        { match: /Friday at eight[\s\S]*play chess/, text: recap },
      ],
    },
    steps: [
      ...captioned,
      { Adam: { captions: friday } },
      { Ben: { captions: table } },
      { Adam: { captions: chess } },
      { see: listTranscribed, is: talk },
      { 'the files hold the lines with their times': expectFiles },
      { Ben: { runs: '/captions find words:table', reads: foundReading } },
      { Ben: { runs: '/captions find words:zebra', reads: onlyOn('ask.unknown') } },
      // Cleo was not there; whether she may know it depends on whether she may open the place of the captions.
      {
        Cleo: {
          runs: '/captions find words:table',
          reads: { has: table, to: 'caller' },
        },
      },
      {
        'Cleo may not open Lounge any more, and the bot knows it': untilNothingIsFound,
      },
      { Cleo: { runs: '/captions transcript', reads: onlyOn('captions.none') } },
      { Ben: { runs: '/ask question:When do we meet? about:this', reads: quote } },
      { see: promptsOf, has: table },
      { Adam: { runs: '/captions recap', reads: wholeRecap, keep: 'recap' } },
      { see: linkedLines, is: talk.map(() => true) },
      { Ben: { runs: '/privacy deny' } },
      { Adam: { runs: '/captions recap', reads: restOfRecap } },
    ],
  },
  'not a word of who was forgotten is in any file, nor their id in a log, nor a byte of what expired':
    {
      own: {},
      sayings: [canary, other],
      steps: [
        ...spoken,
        card,
        { Ben: { presses: ['confirm:forget', 'card'] } },
        erased,
        { bot: 'restarts' },
        erased,
        { bot: 'stops' },
        { 'forty days pass': ageSessions },
        holdsWords(other, true),
        { bot: 'restarts' },
        holdsWords(other, false),
      ],
    },
};

function noticesOf({ sandbox }: Stage) {
  const notice = 'the words of people I may hear are written here';
  return sandbox.messages('Lounge').filter((message) => message.text.includes(notice));
}

/** Ben has heard something since Adam turned captions on. */
function isToldAloud({ person, last }: Stage) {
  const { frames } = person('Ben').heard;
  return frames.some(({ audible, atMs }) => audible && atMs > last('Adam').sinceMs);
}

function versionsOf({ sandbox }: Stage) {
  const edits = sandbox.requests().filter(({ method }) => method === 'PATCH');
  return edits.map(({ body }) => `${Object(body).content}`);
}

type JsonLine = { readonly text: string; readonly startMs: number };

async function jsonLines(stage: Stage): Promise<readonly JsonLine[]> {
  return JSON.parse(await transcriptFor(stage, stage.person('Adam'), 'json')).lines;
}

/** Lines of the transcript; they are kept within 300 ms. */
async function listTranscribed(stage: Stage) {
  return (await jsonLines(stage)).map((line) => line.text);
}

async function expectFiles(stage: Stage) {
  const json = await jsonLines(stage);
  const srt = readSrt(await transcriptFor(stage, stage.person('Ben'), 'srt'));
  expect(srt.map((line) => line.text)).toEqual(talk);
  expect(srt.map(({ speaker }) => speaker)).toEqual(['Adam', 'Ben', 'Adam']);
  for (const [n, { startMs, endMs }] of srt.entries()) {
    expect(endMs - startMs).toBeGreaterThan(300);
    expect(Math.abs(startMs - (json[n]?.startMs ?? 0))).toBeLessThanOrEqual(1);
    expect(startMs).toBeGreaterThanOrEqual(srt[n - 1]?.endMs ?? 0);
  }
  const file = await transcriptFor(stage, stage.person('Adam'), 'txt');
  for (const line of talk) expect(file).toContain(line);
}

/** Whether each link of the recap leads to the message that shows the line of its point. */
function linkedLines(stage: Stage) {
  const { sandbox } = stage;
  const links = stage
    .message('recap')
    .text.matchAll(/https:\/\/discord\.com\/channels\/\d+\/(\d+)\/(\d+)/g);
  return [...links].map(([, channelId, messageId], n) => {
    const message = sandbox.messages('Lounge').find(({ id }) => id === messageId);
    return (
      channelId === sandbox.channelId('Lounge') &&
      message?.text.includes(talk[n] ?? '?') === true
    );
  });
}

/** Whether Cleo may open a place is known to the bot a little later. */
function untilNothingIsFound(stage: Stage) {
  stage.server().permit('Lounge', 'Cleo', { deny: ['viewChannel'] });
  const nothing = { text: formatText('ask.unknown'), ephemeral: true };
  return retryUntilHeld(async () =>
    expect(
      await commandReply(stage.person('Cleo'), 'captions find', { words: 'table' }),
    ).toMatchObject(nothing),
  );
}

function ageSessions({ dataDir }: Stage) {
  using sqlite = new DatabaseSync(toTranscriptsPath(dataDir));
  sqlite.exec(
    `UPDATE sessions SET started_at_wall_ms = started_at_wall_ms - ${40 * 86_400_000}`,
  );
}
