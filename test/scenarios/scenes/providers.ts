import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Sandbox } from '#sandbox/sandbox.ts';
import { formatText } from '#src/texts/texts.ts';
import type { MockSettings } from '#test/fakes/providers/mock-settings.ts';
import type { Stage } from '#test/scenarios/scene-stage.ts';
import type { Scenes, Step } from '#test/scenarios/scene-types.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import { madeTexts, toneOf } from '#test/scenarios/setup/scenario-setup.ts';

const question = 'human-cards-001';
const replies = [{ match: /^/, text: 'Yes.' }];
const makeTrouble = (trouble: MockSettings['trouble']) => ({ replies, trouble });
const called: Step = { Adam: { calls: 'Lounge' } };
const listEndpoints = ({ providers }: Stage) =>
  providers.requests.map(({ endpoint }) => endpoint);
const madeFor = ({ last }: Stage) => (last('Adam').exchange ?? expect.fail()).made;
/** The trouble is over: the very same bot answers as if nothing had been. */
const mended: readonly Step[] = [
  { providers: { trouble: {} } },
  { Adam: { understands: question } },
  { see: (stage) => madeTexts(stage).at(-1), is: 'Yes.' },
];

/** Beginning of the sentence, after the mention, about a total that is used up. */
const [used = ''] = formatText('budget.guild').split('{');
const priced = { asOf: '2026-11-20', source: 'made up' };
const tokens = { perMillionInputTokens: 0.001, perMillionOutputTokens: 1_000 };
/** Before an answer begins, 10 cents are set aside for it; it costs about a tenth of that. */
const prices = [
  { ...priced, model: 'writes', usd: tokens },
  { ...priced, model: 'speaks', usd: { perMillionCharacters: 1 } },
];

export const providerScenes: Scenes = {
  'when the model answers with a web page, the room hears who is silent': {
    providers: makeTrouble({ chat: 'html' }),
    steps: [
      called,
      { Adam: { understands: question } },
      { 'only the failure was told': expectFailureTold },
      ...mended,
    ],
  },
  'a bot sent away while the model is silent is called again, and answers': {
    providers: makeTrouble({ chat: 'silent' }),
    steps: [
      called,
      { Adam: { says: question } },
      { see: (stage) => listEndpoints(stage).at(-1), is: 'chat' },
      { 'a moderator sends the bot away': ({ server }) => server().disconnectBot() },
      { botSits: 'nowhere' },
      { Adam: { calls: true } },
      ...mended,
    ],
  },
  'an answer written while the voice is silent is not given again': {
    providers: makeTrouble({ speech: 'silent' }),
    steps: [
      called,
      { Adam: { says: question } },
      { posts: 'Lounge', has: 'Yes.' },
      { providers: { trouble: {}, replies: [{ match: /^/, text: 'No.' }] } },
      { Adam: { asks: question } },
      {
        'nothing else was made': (stage) =>
          expectAlike(madeFor(stage), toneOf(['No.'])),
      },
    ],
  },
  'what one server spent of the total is missing in another, and a barred server is left with a sentence':
    {
      own: { guilds: [{ guildName: 'Second' }, { guildName: 'Barred' }] },
      environment: writeBudgets,
      providers: { replies: [{ match: /^/, text: 'Yes, I think so too.' }] },
      steps: [
        { posts: 'general in Barred', is: [formatText('server.barred')] },
        { Olga: { calls: 'Lounge', asks: question } },
        {
          'Adam in Second': {
            joins: 'Lounge',
            runs: '/join',
            settles: true,
            says: question,
          },
        },
        // The instant is in each reader's own time zone.
        { see: usedUpInSecond, is: [expect.stringMatching(/<t:\d{10}:f>\.$/)] },
        {
          see: ({ bot }) => bot.log.map(({ msg = '' }) => msg),
          lacks: /^guild-removed$/m,
        }, // which erases
        { 'the barred server alone was left': expectLeft },
      ],
    },
};

function usedUpInSecond({ server }: Stage) {
  const written = server('Second')
    .messages('Lounge')
    .map((message) => message.text);
  return written.filter((text) => text.includes(used));
}

function expectFailureTold(stage: Stage) {
  expect(new Set(madeTexts(stage))).toEqual(new Set([formatText('fail.llm')]));
}

function writeBudgets(sandbox: Sandbox, _providers: unknown, dataDir: string) {
  const path = join(dataDir, 'prices.json');
  writeFileSync(path, JSON.stringify(prices));
  return {
    CHAT_COMPLETION_MODEL: 'writes',
    SPEECH_MODEL: 'speaks',
    PRICES: path,
    BUDGET_TOTAL_DAY_USD: '0.102',
    BUDGET_SERVER_DAY_USD: '0',
    BUDGET_PERSON_DAY_USD: '0',
    SERVERS_BARRED: sandbox.guild('Barred').id,
  };
}

function expectLeft({ bot, server }: Stage) {
  const left = bot.log.filter(({ msg }) => msg === 'server-left');
  expect(left.map(({ guildId }) => guildId)).toEqual([server('Barred').id]);
}
