import { expect } from 'vitest';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { storePath } from '#src/storage/store-kinds.ts';
import { formatText } from '#src/texts/texts.ts';
import type { MockReply } from '#test/fakes/providers/mock-chat.ts';
import type { Stage } from '#test/scenarios/scene-stage.ts';
import { onlyOn, type Scenes, type Step } from '#test/scenarios/scene-types.ts';
import { wordsFor } from '#test/scenarios/setup/numbered-utterances.ts';
import { listRecognised, madeTexts } from '#test/scenarios/setup/scenario-setup.ts';

/** A model that sets a reminder for whatever is said, also where only the own words are judged. */
function makeReminderCall(when: string, text?: string): readonly MockReply[] {
  const argumentsJson = JSON.stringify({ when, text });
  return [
    { match: 'outcome', text: 'I will.' },
    { match: 'utterance', call: { name: 'set_reminder', argumentsJson } },
  ];
}

const question = 'human-cards-004';
const another = 'human-cards-003';
const story = [
  'Once upon a time there was a small house.',
  'It stood beside a river that ran down to the sea and its windows were blue.',
  'Nobody knew who had built it, and nobody asked, for it had always been there.',
];
const endless = { replies: [{ match: /^/, text: story.join(' ') }] };
const brief: Step = { providers: { replies: [{ match: /^/, text: 'Yes.' }] } };
const audibleSinceThen = ({ last, person }: Stage) =>
  person('Adam').heard.frames.filter(
    ({ audible, atMs }) => audible && atMs >= last('Emil').sinceMs,
  ).length;
const remindersLogged = (stage: Stage) =>
  stage.bot.log.filter(({ msg }) => msg === 'reminder').length;
const nowhere = onlyOn('leave.nowhere');

export const returnScenes: Scenes = {
  'a bot that is killed in the middle of an answer comes back by itself and hears who agreed for that session':
    {
      providers: endless,
      steps: [
        { Adam: { calls: 'Lounge' } },
        { Ben: { joins: 'Lounge', runs: '/join' } },
        { Emil: { joins: 'Lounge' } },
        { Adam: { says: question, hears: 'something' } },
        { bot: 'is killed' },
        brief,
        { within: 30_000, steps: [{ returnsTo: ['Adam', 'Ben', 'Emil'] }] },
        { posts: 'general', has: formatText('seat.returned.anew') },
        { posts: 'general', fits: { length: 1 } },
        { Emil: { says: another } },
        { see: audibleSinceThen, is: 0 },
        { Ben: { asks: another } },
        { Adam: { asks: question } },
        { see: listRecognised, is: ['Adam', 'Ben', 'Adam'] },
        { posts: 'Lounge', is: [] },
      ],
    },
  'a bot that is stopped in the middle of an answer ends with its clause, tells who waits, and is back after the next start':
    {
      providers: endless,
      steps: [
        { Adam: { calls: 'Lounge' } },
        { Ben: { joins: 'Lounge', runs: '/join', settles: true } },
        { Adam: { says: question, hears: 'something' } },
        { Ben: { runs: '/ask question:And you? answer:voice', waits: false } },
        { posts: 'general', has: formatText('panel.next', { name: 'Ben' }) },
        { within: 6_000, steps: [{ bot: 'stops' }] },
        { botSits: 'nowhere' },
        { posts: 'Lounge', is: [formatText('seat.stopped')] },
        brief,
        { returnsTo: ['Adam'] },
        { posts: 'general', has: formatText('seat.returned.anew') },
        { Adam: { asks: another } },
        { posts: 'general', lacks: formatText('seat.returned.anew') },
        { Adam: { runs: '/leave' } },
        { bot: 'restarts' },
        { posts: 'general', has: formatText('leave.nowhere') },
        { botSits: 'nowhere' },
      ],
    },
  'buttons of a former run still work, and an old panel is deleted': {
    steps: [
      { Adam: { joins: 'Lounge' } },
      { Ben: { joins: 'Lounge' } },
      { Adam: { runs: '/join', keep: 'old' } },
      { Adam: { runs: '/leave' } },
      { bot: 'restarts' },
      { message: 'old', is: formatText('leave.nowhere') },
      {
        Ben: {
          presses: ['more', 'old'],
          reads: onlyOn('consent.unasked'),
          keep: 'menu',
        },
      },
      { Ben: { presses: ['pause', 'menu'], reads: nowhere } },
      { Ben: { presses: ['privacy', 'menu'], keep: 'card' } },
      { Ben: { presses: ['consent.always', 'card'], reads: onlyOn('consent.always') } },
      { Ben: { presses: ['more', 'old'], reads: onlyOn('consent.always') } },
      { Adam: { presses: ['more', 'old'], reads: onlyOn('consent.unasked') } },
      {
        Adam: {
          runs: '/join',
          reads: { has: formatText('panel.people.yes', { names: 'Adam, Ben' }) },
          keep: 'new',
        },
      },
      { see: panelsThatLeft, is: 0 },
    ],
  },
  'an end takes the words off the panel, and what was due while the bot was away is told as late after its start, once':
    {
      providers: { replies: makeReminderCall('in 1 hour', 'call my mother') },
      steps: [
        { Adam: { joins: 'Lounge', runs: '/join', place: 'Lounge', keep: 'face' } },
        { Adam: { settles: true, asks: question } },
        {
          message: 'face',
          has: formatText('panel.heard', { name: 'Adam', words: wordsFor(1) }),
        },
        { bot: 'stops' },
        { message: 'face', lacks: wordsFor(1) },
        { 'the reminder is due since yesterday': ageReminder },
        { returnsTo: ['Adam'] },
        { see: toldReminders, fits: [expect.any(String)] },
        { see: remindersLogged, is: 1 },
        { returnsTo: ['Adam'] },
        { Adam: { asks: question } },
        { see: toldReminders, fits: [expect.any(String)] },
        { see: remindersLogged, is: 0 },
      ],
    },
};

/** Sets the due time of this server's reminder to a day ago. */
function ageReminder({ dataDir, sandbox }: Stage) {
  using sqlite = new DatabaseSync(storePath(dataDir));
  const sql = 'UPDATE reminders SET due_at_wall_ms = ? WHERE guild_id = ?';
  expect(
    sqlite.prepare(sql).run(Date.now() - 86_400_000, sandbox.guildId).changes,
  ).toBe(1);
}

/** Number of panels that say that the bot has left. */
function panelsThatLeft({ sandbox }: Stage) {
  const shownTexts = sandbox.messages('general').map((message) => message.text);
  return shownTexts.filter((text) => text === formatText('leave.nowhere')).length;
}

/** Tellings of the reminder, aloud or in writing. */
function toldReminders(stage: Stage) {
  const pinging = stage.sandbox
    .messages('Lounge')
    .filter(({ pings }) => pings.length > 0);
  const allTexts = [
    madeTexts(stage).join(' '),
    ...pinging.map((message) => message.text),
  ];
  return allTexts.filter((text) => /Your reminder for .*: call my mother/.test(text));
}
