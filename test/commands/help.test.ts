import { pickers } from '#commands/buttons.ts';
import { explainedCommands } from '#commands/commands.ts';
import { createHelpCommand, listHelpEntries } from '#commands/help.ts';
import { stats } from '#commands/stats.ts';
import { toPersonId } from '#src/base/ids.ts';
import type { CommandCall, Reply } from '#src/features/command.ts';
import { features } from '#src/features/features.ts';
import { textLocales } from '#src/texts/locales.ts';
import { escapeTextValues } from '#src/texts/plain-text.ts';
import { formatText } from '#src/texts/texts.ts';
import { healthyFacts } from '#test/fakes/channel-facts.ts';
import {
  adam,
  callAs,
  den,
  type HelpOverrides,
  inLounge,
  lounge,
  makeHelpState,
  makePorts,
  manager,
  type PortOverrides,
} from './command-ports.ts';
import { listLines } from './run-typed.ts';

const help = createHelpCommand(explainedCommands, features);

const ofMembers = [
  'ask',
  'voice',
  'stop',
  'tracks',
  'captions',
  'interpret',
  'privacy',
  'reminders',
  'trouble',
];
const operatorTools = [
  { name: 'weather', right: 'anyone' },
  { name: 'deploy', right: 'manage' },
] as const;

async function helpWith(call: CommandCall, overrides: PortOverrides = {}) {
  const [reply, ...others] = await help.run(call, makePorts(overrides));
  expect(others).toEqual([]);
  return reply;
}

/** Ids of the lines, the first step first. */
function idsOf(reply: Reply) {
  return [reply.id, ...(reply.lines ?? []).map(({ id }) => id)];
}

test('/help is private, begins with the next step, and is four lines with a menu of topics', async () => {
  const reply = await helpWith(inLounge);
  expect(reply.to).not.toBe('room');
  expect(idsOf(reply)).toEqual(['join.ok', 'help.ask', 'help.stop', 'help.privacy']);
  expect(reply.buttons).toEqual(['ask', 'privacy']);
  const without = await helpWith(callAs({ channel: lounge, mayManage: true }), {
    help: { hasModel: false },
  });
  expect(idsOf(without)).toEqual(['join.ok', 'help.model', 'help.ask', 'help.stop']);
});

test('/help says once that a small model of this machine makes the answers', async () => {
  const reply = await helpWith(inLounge, { help: { isSmallModel: true } });
  expect(idsOf(reply).filter((id) => id === 'panel.small')).toHaveLength(1);
});

const consents = ['consent.always', 'consent.never'];
const inDen = callAs({ channel: den });

const unheard = {
  people: [{ id: toPersonId('adam'), name: 'Adam', standing: 'unasked' }],
} as const;
const several = {
  bot: 'Captain',
  people: ['adam', 'eva'].map((id) => ({
    id: toPersonId(id),
    name: id,
    standing: 'always' as const,
  })),
};

test.each<[string, CommandCall, HelpOverrides, string, readonly string[]]>([
  ['sits nowhere, as the bot', adam, { talk: undefined }, 'join.none', []],
  [
    'sits in a channel without the bot',
    inDen,
    { talk: undefined },
    'join.here',
    ['try.join'],
  ],
  ['sits in another channel', inDen, { talk: { people: [] } }, 'perm.room', []],
  ['is not heard', inLounge, { talk: unheard }, 'join.ok.ask', consents],
  [
    'is heard by nobody in a pause',
    inLounge,
    { talk: { isPaused: true } },
    'privacy.paused',
    ['pause:resume'],
  ],
  [
    'sits where only captions are written',
    inLounge,
    { talk: { mode: 'captions', isCaptioned: true } },
    'captions.only',
    [],
  ],
  [
    'is answered after Ask only',
    inLounge,
    { talk: { addressing: 'window' } },
    'settings.addressing.window',
    ['ask'],
  ],
  ['is answered by name', inLounge, { talk: several }, 'join.ok.several', ['ask']],
])(
  'the first line tells a person who %s what to do',
  async (_, call, facts, id, buttons) => {
    const reply = await helpWith(call, { help: facts });
    expect([reply.id, reply.buttons]).toEqual([id, [...buttons, 'privacy']]);
    expect(
      idsOf(
        await helpWith({ ...call, inputs: { topic: 'start' } }, { help: facts }),
      )[0],
    ).toBe(id);
  },
);

test('a person who sits where the bot cannot come reads what is in the way, without the button', async () => {
  const full = { ...healthyFacts, limit: 5, members: 5 };
  const reply = await helpWith(inDen, {
    help: { talk: undefined },
    findChannelFacts: () => full,
  });
  expect([idsOf(reply)[0], reply.buttons]).toEqual(['join.full', ['privacy']]);
});

test('a person who may not use the bot reads why, and reads about their own data', async () => {
  const denied = { findDenial: async () => ({ id: 'access.blocked' }) as const };
  const reply = await helpWith(inLounge, denied);
  expect([idsOf(reply), reply.buttons]).toEqual([
    ['access.blocked', 'help.privacy'],
    ['privacy'],
  ]);
});

test('a feature with a line in help is a topic, without a further line', async () => {
  const notes = {
    help: [{ topic: 'notes', buildLine: () => ({ id: 'command.say' }) as const }],
  };
  const [about] = await createHelpCommand(explainedCommands, [...features, notes]).run(
    { ...inLounge, inputs: { topic: 'notes' } },
    makePorts(),
  );
  expect([about.id, about.lines]).toEqual(['command.say', []]);
});

test('a topic is picked from the menu, which stays under its line', async () => {
  const menu = pickers.find(({ name }) => name === 'help.topic');
  const [shown] =
    (await menu?.run({ ...inLounge, picked: ['captions'] }, makePorts())) ?? [];
  expect(shown).toMatchObject({ id: 'help.captions', inPlace: true });
  const [offered] = shown?.pickers ?? [];
  const topics =
    offered?.kind === 'one-of' ? offered.options.map(({ value }) => value) : [];
  expect(topics).toEqual(['start', ...ofMembers]);
});

test.each(textLocales)(
  'in %s each topic of the menu has a name in that language',
  async (locale) => {
    const [shown] = await help.run(
      callAs({ channel: lounge, mayManage: true, locale }),
      makePorts(),
    );
    const [menu] = shown.pickers ?? [];
    const names = menu?.kind === 'one-of' ? menu.options.map(({ label }) => label) : [];
    const ids = menu?.kind === 'one-of' ? menu.options.map(({ value }) => value) : [];
    expect(names).toHaveLength(ofMembers.length + 3);
    expect(names.filter((name) => ids.includes(name))).toEqual([]);
  },
);

test.each(textLocales)('in %s each line names its command', async (locale) => {
  const declared = listHelpEntries(explainedCommands, features);
  expect(declared.length).toBeGreaterThan(10);
  const states = [true, false].map((hasModel) =>
    makeHelpState({ hasModel, operatorTools, set: { memory: 'on' } }),
  );
  for (const { command, buildLine } of declared) {
    for (const shown of states.flatMap((facts) => buildLine(facts) ?? [])) {
      const text = formatText(shown.id, escapeTextValues(shown.with ?? {}), locale);
      expect(text).toContain(command ? `/${command}` : '');
    }
  }
});

const readStats = async (call: CommandCall, overrides: PortOverrides) =>
  listLines((await stats.run(call, makePorts(overrides)))[0]);

test('/stats tells the delays and one’s own share, and nothing of others', async () => {
  const makeSpeed = () => ({ turns: 4, p50Ms: 480.2, p95Ms: 900, failed: 1 });
  const getShare = () => ({ usd: 0.25, turns: 3, capUsd: 1 });
  expect(await readStats(adam, { getShare, speed: makeSpeed })).toEqual([
    'I usually answer within 480 ms of your last word, nearly always within 900 ms (4 answers). 1 failed.',
    'You today: $0.25 of $1.00. 3 turns.',
  ]);
});

test('/stats tells how many calls were left as their path had died, and when last', async () => {
  const findLeftCalls = () => ({ count: 2, lastWallMs: 1_795_000_000_000 });
  expect(await readStats(adam, { findLeftCalls })).toEqual([
    'No answer yet.',
    'I have left 2 calls whose connection had died, and joined again. The last time was <t:1795000000:f>.',
    'You today: $0.00 of $5.00. 0 turns.',
  ]);
});

test('/stats before the first answer says so', async () =>
  expect(await readStats(adam, {})).toEqual([
    'No answer yet.',
    'You today: $0.00 of $5.00. 0 turns.',
  ]));

test('/stats tells who manages the server what today cost, and what servers of models refuse', async () => {
  const getToday = () => ({ usd: 1.55, capUsd: 5, turns: 62 });
  const getPrices = () =>
    ({ free: ['recognise'], estimated: ['think', 'speak'] }) as const;
  const listHabits = () => ['chat: it does not take `stream`, which is left out'];
  expect(await readStats(manager, { getPrices, getToday, listHabits })).toEqual([
    'No answer yet.',
    'Today $1.55 of $5.00. 62 turns, $0.025 each.',
    'Free: speech to text.',
    'Counted by an estimate, as the price of the model is unknown: answers, text to speech.',
    'A server does otherwise than it was asked: chat: it does not take `stream`, which is left out.',
    'You today: $0.00 of $5.00. 0 turns.',
  ]);
});

test('/stats tells managers what no paid recogniser got', async () => {
  const getUnsent = () => ({ count: 41, ms: 186_000 });
  const line =
    'Nobody named me in 41 utterances since my start: 3.1 minutes that no paid recogniser got.';
  expect(await readStats(manager, { getUnsent })).toContain(line);
  expect(await readStats(adam, { getUnsent })).not.toContain(line);
});

test('/stats tells managers how long the live model has run', async () => {
  const getTalkMs = () => 90_000;
  expect(await readStats(manager, { getTalkMs })).toContain(
    'Live model: 1.5 minutes since my start.',
  );
  expect((await readStats(adam, { getTalkMs })).join(' ')).not.toContain('Live model');
});
