import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { formatText, type PlainTextId } from '#src/texts/texts.ts';
import { makeMonologue, readSpeech } from '#test/audio/recorded-speech.ts';
import { findSent } from '#test/scenarios/play-scene.ts';
import type { Stage } from '#test/scenarios/scene-stage.ts';
import {
  onlyOn,
  type ScenarioReading,
  type Scenes,
  type Step,
} from '#test/scenarios/scene-types.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  joinPieces,
  listRecognised,
  madeTexts,
  shownWords,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = 'human-cards-004';
/** Ben says something else, so that no sound of his passes for one of Adam's. */
const another = 'human-cards-003';
const providers = { replies: [{ match: /^/, text: 'Yes.' }] };
const notice = { CONSENT_POLICY: 'notice' };
/** Ben sits there, unheard; Adam has called the bot. */
const seated: readonly Step[] = [
  { Ben: { joins: 'Lounge' } },
  { Adam: { calls: 'Lounge' } },
  { Ben: { settles: true } },
];
const recognisedPeople = (stage: Stage) =>
  listRecognised(stage).filter((name) => name !== 'nobody');
const linesOf = (...ids: readonly PlainTextId[]) =>
  ids.map((id) => formatText(id)).join('\n');

const asksToForget: ScenarioReading = {
  ...onlyOn('privacy.forget.ask', { n: 0, m: 0, notes: 0 }),
  buttons: [['confirm:forget', formatText('button.confirm')]],
};
const forgotten = {
  is: `${formatText('privacy.forget.done', { total: 3 })}\n${formatText('privacy.forget.copies')}`,
};
const unread: ScenarioReading = {
  is: linesOf('consent.unasked', 'panel.privacy', 'privacy.unread'),
  to: 'caller',
};
const heardReading: ScenarioReading = {
  has: formatText('consent.always'),
  to: 'caller',
};
const unsaved: ScenarioReading = {
  has: [formatText('consent.always'), formatText('privacy.unsaved')],
  to: 'caller',
};

/** The reply of `/privacy status`; a standing yes or no is an item, and so is what somebody's answers took today. */
function readStanding(
  consent: 'always' | 'no' | 'unasked',
  n: number,
): ScenarioReading {
  const kept = formatText('privacy.status', { n: 0, memories: 0, notes: 0, m: n });
  return { has: [formatText(`consent.${consent}`), kept], to: 'caller' };
}

export const consentScenes: Scenes = {
  'somebody who goes on and on and did not agree is never opened, nor sent': {
    // A bot that has greeted before keeps that sentence, and asks no server for it.
    own: {},
    providers,
    steps: [
      ...seated,
      {
        together: [
          [{ Ben: { says: makeMonologue(8) } }],
          [
            { Ben: { sends: 150 } },
            {
              see: (stage) => madeTexts(stage).join(' '),
              is: formatText('join.spoken'),
            },
            { see: (stage) => stage.providers.requests.length, is: 2 },
            { Adam: { understands: question } },
          ],
        ],
      },
      { Ben: { sends: 400 } },
      { Adam: { runs: '/leave' } },
      {
        'all that Ben sent was refused, but one packet on its way': async (stage) => {
          const { counts } = await stage.bot.waitForLine(
            ({ msg }) => msg === 'link-closed',
            10_000,
          );
          expect(counts).toMatchObject({ sealed: 0, unparsed: 0 });
          const { notAllowed } = counts as { readonly notAllowed: number };
          expect(findSent(stage, 'Ben') - notAllowed).toBeOneOf([0, 1]);
        },
      },
      { see: listRecognised, is: ['Adam'] },
    ],
  },
  'a yes and a no work from the next packet, and a no takes back what was said': {
    providers,
    steps: [
      ...seated,
      { Ben: { runs: '/privacy status', reads: readStanding('unasked', 0) } },
      { Ben: { runs: '/privacy allow', reads: heardReading } },
      {
        Ben: {
          runs: '/privacy status',
          reads: readStanding('always', 1),
          asks: another,
        },
      },
      { see: listRecognised, is: ['Ben'] },
      {
        together: [
          [{ Ben: { says: 'human-cards-005' } }],
          [
            { Ben: { sends: 60, runs: '/privacy deny', reads: onlyOn('consent.no') } },
            { 'what was heard so far is counted': countHeard },
          ],
        ],
      },
      { Ben: { says: another, runs: '/privacy status', reads: readStanding('no', 4) } },
      { see: requestsSince, is: 0 },
      { Adam: { asks: question } },
      { see: recognisedPeople, is: ['Ben', 'Adam'] },
      { 'the recogniser was given nothing but the question of Adam': expectQuestion },
      { see: shownWords, lacks: /^Ben: /m },
    ],
  },
  'a yes for good outlives the bot, until its person is forgotten': {
    providers,
    steps: [
      { Ben: { joins: 'Lounge', runs: '/privacy allow', reads: heardReading } },
      { bot: 'restarts' },
      { Adam: { calls: 'Lounge' } },
      { Ben: { settles: true, asks: another } },
      { see: listRecognised, is: ['Ben'] },
      { Ben: { runs: '/privacy forget', reads: asksToForget, keep: 'card' } },
      { Ben: { presses: ['confirm:forget', 'card'], reads: forgotten } },
      { Ben: { runs: '/privacy status', reads: readStanding('no', 0), says: another } },
      { Adam: { asks: question } },
      { see: listRecognised, is: ['Ben', 'Adam'] },
    ],
  },
  'under CONSENT_POLICY=notice everybody is heard, but who said no, which outlives the bot':
    {
      providers,
      environment: notice,
      steps: [
        ...seated,
        { Ben: { understands: another } },
        { see: listRecognised, is: ['Ben'] },
        { Ben: { runs: '/privacy deny', reads: onlyOn('consent.no') } },
        { returnsTo: ['Adam', 'Ben'] },
        { Ben: { says: another } },
        { Adam: { asks: question } },
        { see: listRecognised, is: ['Ben', 'Adam'] },
      ],
    },
  'where the store cannot be read, only a yes said just now counts': {
    own: {},
    providers,
    // Models without a price: what costs money waits for the store.
    environment: {
      ...notice,
      CHAT_COMPLETION_MODEL: 'writes',
      TRANSCRIPTION_MODEL: 'hears',
    },
    steps: [
      { Ben: { joins: 'Lounge', runs: '/privacy allow' } },
      { bot: 'stops' },
      { 'a folder lies in the place of the store': replaceStore },
      { bot: 'restarts' },
      // What was agreed, and what was spent; then where the bot was, read and written.
      {
        see: listWarnings,
        is: [
          expect.stringMatching(/the store \S+parley\.db/),
          expect.stringMatching(/the store \S+parley\.db/),
          expect.stringContaining('servers that removed it while it was away'),
          'The list of servers could not be saved.',
        ],
      },
      { Adam: { joins: 'Lounge', runs: '/join', last: unread } },
      {
        Ben: {
          runs: '/privacy status',
          reads: { is: linesOf('privacy.unread', 'privacy.uncounted'), to: 'caller' },
        },
      },
      { Adam: { settles: true }, Ben: { settles: true, says: another } },
      { Adam: { runs: '/privacy allow', asks: question } },
      { see: listRecognised, is: ['Adam'] },
      { Ben: { runs: '/privacy allow', reads: unsaved, asks: another } },
      { see: listRecognised, is: ['Adam', 'Ben'] },
      { Ben: { runs: '/privacy forget', keep: 'card' } },
      {
        Ben: {
          presses: ['confirm:forget', 'card'],
          reads: onlyOn('privacy.forget.failed'),
        },
      },
      { see: ({ bot }) => bot.isRunning, is: true },
    ],
  },
};

/** What was asked of the providers, and heard of people, when Ben said no. */
const counted = new WeakMap<
  Stage,
  { readonly requests: number; readonly uttered: number }
>();

function countHeard(stage: Stage) {
  const { providers, uttered } = stage;
  counted.set(stage, { requests: providers.requests.length, uttered: uttered.length });
}

function requestsSince(stage: Stage) {
  return stage.providers.requests.length - (counted.get(stage)?.requests ?? 0);
}

function expectQuestion(stage: Stage) {
  return expectAlike(
    joinPieces(stage.uttered.slice(counted.get(stage)?.uttered)),
    readSpeech(question),
  );
}

async function replaceStore({ dataDir }: Stage) {
  await rm(join(dataDir, 'parley.db'));
  await mkdir(join(dataDir, 'parley.db'));
}

function listWarnings({ bot }: Stage): readonly string[] {
  const allTexts = bot.log.flatMap(({ level, msg = '' }) =>
    level === 40 ? [msg] : [],
  );
  return allTexts.filter((msg) => !msg.startsWith('alert raised'));
}
