import { expect, test } from 'vitest';
import { buttons } from '#commands/buttons.ts';
import { commands, explained } from '#commands/commands.ts';
import { helpAbout, helpLines } from '#commands/help.ts';
import { stats } from '#commands/stats.ts';
import type { CommandCall, Reply } from '#src/conversation/command.ts';
import { linkedCommands, messagesOf } from '#src/discord/interactions/rendering.ts';
import { byLine } from '#src/discord/interactions/slashes.ts';
import { features } from '#src/features/features.ts';
import { builtInLocales } from '#src/texts/locales.ts';
import { plainWords } from '#src/texts/plain.ts';
import { type Locale, text } from '#src/texts/texts.ts';
import { adam, helpSession, helpState, inLounge, type PortOverrides, ports } from './ports.ts';

const help = helpAbout(explained, features);

const ofMembers = [
  'ask',
  'voice',
  'words',
  'stop',
  'tracks',
  'captions',
  'privacy',
  'stats',
  'reminders',
  'trouble',
];
const manager = { ...inLounge, mayManage: true };
const operatorTools = [
  { name: 'weather', right: 'anyone' },
  { name: 'deploy', right: 'manage' },
] as const;

async function helped(call: CommandCall, over: PortOverrides = {}): Promise<Reply> {
  const [reply, ...others] = await help.run(call, ports(over));
  expect(others).toEqual([]);
  return reply;
}

/** Ids of the lines, the first step first. */
function idsOf(reply: Reply): readonly string[] {
  return [reply.id, ...(reply.lines ?? []).map(({ id }) => id)];
}

async function topicsFor(call: CommandCall, over: PortOverrides = {}): Promise<readonly string[]> {
  const [option] = help.options;
  const suggest = option?.kind === 'text' ? option.suggest : undefined;
  return (await suggest?.('', call, ports(over))) ?? [];
}

test('/help is private, begins with the next step, and names what a member can do here', async () => {
  const reply = await helped(inLounge);
  expect(reply).toMatchObject({ to: 'caller', linksCommands: true });
  expect(idsOf(reply)).toEqual([
    'help.start.heard',
    'help.ask.typed',
    'help.voice',
    'help.words',
    'help.stop',
    'help.tracks',
    'help.captions.model',
    'help.privacy',
    'help.stats',
    'help.reminders',
    'help.trouble',
  ]);
  expect(reply.buttons).toEqual(['ask', 'try.privacy']);
});

const elsewhere = { guildId: 'g', channelId: 'den', name: 'Den' };
const inDen = { ...adam, callerChannel: elsewhere };

test.each([
  ['sits nowhere, as the bot', adam, { session: undefined }, 'help.start', []],
  [
    'sits in a channel without the bot',
    inDen,
    { session: undefined },
    'help.start.call',
    ['try.join'],
  ],
  ['sits nowhere, and the bot in a channel', adam, {}, 'help.start.there', []],
  ['sits in another channel', inDen, {}, 'help.start.there', []],
  [
    'is not heard',
    inLounge,
    { session: { ...helpSession, hears: () => false } },
    'help.start.unheard',
    ['consent.always'],
  ],
  [
    'is heard by nobody in a pause',
    inLounge,
    { session: { ...helpSession, isPaused: true } },
    'privacy.paused',
    ['resume'],
  ],
  [
    'sits where only captions are written',
    inLounge,
    { session: { ...helpSession, isSilent: true } },
    'help.start.silent',
    [],
  ],
  [
    'is heard among others',
    inLounge,
    { session: { ...helpSession, company: 3 } },
    'help.start.name',
    ['ask'],
  ],
  [
    'is answered always',
    inLounge,
    { session: { ...helpSession, company: 3 }, set: { addressing: 'always' } },
    'help.start.heard',
    ['ask'],
  ],
  [
    'is answered after Ask only',
    inLounge,
    { set: { addressing: 'window' } },
    'settings.addressing.window',
    ['ask'],
  ],
] as const)(
  'the first line tells a person who %s what to do',
  async (_, call, facts, id, buttons) => {
    const reply = await helped(call, { help: facts });
    expect([reply.id, reply.buttons]).toEqual([id, [...buttons, 'try.privacy']]);
    expect(idsOf(await helped({ ...call, words: { topic: 'start' } }, { help: facts }))).toEqual([
      id,
    ]);
  },
);

test('managers also read of settings and personas, and where to connect a model if none is', async () => {
  expect(await topicsFor(inLounge)).toEqual(['start', ...ofMembers]);
  const more = (await topicsFor(manager)).filter((topic) => !ofMembers.includes(topic));
  expect(more).toEqual(['start', 'personas', 'settings']);
  const standIn = { help: { hasModel: false } };
  expect(idsOf(await helped(manager, standIn)).slice(0, 2)).toEqual([
    'help.start.heard',
    'help.model',
  ]);
  expect(idsOf(await helped(manager))).not.toContain('help.model');
  expect(idsOf(await helped(inLounge, standIn))).not.toContain('help.model');
});

test('what is off here is not in /help, not suggested, and no topic', async () => {
  const off = { help: { hasModel: false, operatorTools, set: { memory: 'on', typed: 'off' } } };
  const ids = idsOf(await helped(inLounge, off));
  expect(ids).toEqual(expect.arrayContaining(['help.ask', 'help.captions']));
  for (const absent of ['help.memories', 'help.tools', 'help.ask.typed', 'help.captions.model'])
    expect(ids).not.toContain(absent);
  const [reply] = await help.run({ ...inLounge, words: { topic: 'memories' } }, ports(off));
  expect(reply.id).toBe('help.unknown');
  const silent = { help: { session: { ...helpSession, isSilent: true } } };
  expect(await topicsFor(inLounge, silent)).not.toContain('reminders');
});

test('memories and the tools of the operator are in /help where they are on', async () => {
  const on = { help: { operatorTools, set: { memory: 'on' } } };
  expect(await topicsFor(inLounge, on)).toEqual(expect.arrayContaining(['memories', 'tools']));
  const reply = await helped({ ...inLounge, words: { topic: 'tools' } }, on);
  expect(text(reply.id, reply.with)).toBe("Ask me to use a tool of this bot's operator: weather.");
});

test('who may not use the bot reads why, and of their own data', async () => {
  const denied = { denied: async () => ({ id: 'access.blocked' }) as const };
  const reply = await helped(inLounge, denied);
  expect([idsOf(reply), reply.buttons]).toEqual([
    ['access.blocked', 'help.privacy'],
    ['try.privacy'],
  ]);
});

test('a feature with a line in help shows there and is a topic, without a further line', async () => {
  const notes = { help: [{ topic: 'notes', line: () => ({ id: 'command.say' }) as const }] };
  const more = helpAbout(explained, [...features, notes]);
  expect(idsOf((await more.run(inLounge, ports()))[0])).toContain('command.say');
  const [about] = await more.run({ ...inLounge, words: { topic: 'notes' } }, ports());
  expect([about.id, about.lines]).toEqual(['command.say', undefined]);
});

test.each(builtInLocales)(
  'in %s the longest help fits into its lines and a message',
  async (callerLocale: Locale) => {
    const long = {
      help: {
        operatorTools: [{ name: 'w'.repeat(400), right: 'anyone' }],
        hasModel: true,
        set: { memory: 'on' },
      },
      botName: () => 'N'.repeat(32),
    } as const;
    for (const mayManage of [false, true]) {
      for (const hasModel of [false, true]) {
        const over = { ...long, help: { ...long.help, hasModel } };
        const reply = await helped({ ...inLounge, callerLocale, mayManage }, over);
        expect(idsOf(reply).length).toBeLessThanOrEqual(mayManage ? 16 : 12);
        const [{ content }] = messagesOf(
          reply,
          { caller: callerLocale, room: 'en' },
          pressesByName,
        );
        expect(content.length).toBeLessThan(2_000);
        expect(linkedCommands(content, lines, ids)).toContain('</voice me:1234567890123456789>');
      }
    }
  },
);

const pressesByName = new Map(buttons.map((button) => [button.name, button]));
const lines = byLine(commands);
const ids = new Map(
  commands.flatMap((one) => ('label' in one ? [] : [[one.name, '1234567890123456789']])),
);

test.each(builtInLocales)(
  'in %s each line names its command, and only commands that exist',
  async (locale: Locale) => {
    const declared = helpLines(explained, features);
    expect(declared.length).toBeGreaterThan(10);
    const states = [true, false].map((hasModel) =>
      helpState({ hasModel, operatorTools, set: { memory: 'on' } }),
    );
    for (const { command, line } of declared) {
      for (const shown of states.flatMap((facts) => line(facts) ?? [])) {
        const words = text(shown.id, plainWords(shown.with ?? {}), locale);
        expect(words).toContain(command ? `/${command}` : '');
        expect(namesIn(words).filter((name) => !ids.has(name))).toEqual([]);
      }
    }
  },
);

function namesIn(words: string): readonly string[] {
  return [...words.matchAll(/\/([a-z]+)/g)].map(([, name = '']) => name);
}

test('commands are linked by their ids, and stay names where none is known or the message is full', () => {
  const known = new Map([
    ['track', '7'],
    ['stop', '8'],
  ]);
  const link = (content: string) => linkedCommands(content, lines, known);
  expect(link('/track play and /stop what:sounds, /leave, /track')).toBe(
    '</track play:7> and </stop:8> what:sounds, /leave, /track',
  );
  expect(link('https://parley.example/stop </stop:1>')).toBe(
    'https://parley.example/stop </stop:1>',
  );
  const long = `/stop ${'x'.repeat(1_983)} /stop`;
  expect(link(long)).toBe(`<${long.slice(0, 5)}:8>${long.slice(5)}`);
});

test('/help on a topic is its line alone, however it is typed', async () => {
  const reply = await helped({ ...inLounge, words: { topic: ' STOP' } });
  expect([reply.id, reply.lines]).toEqual(['help.stop', undefined]);
});

test.each(['constructor', 'rain'])('/help on %s names the topics there are', async (topic) => {
  const [reply] = await help.run({ ...inLounge, words: { topic } }, ports());
  expect(text(reply.id, reply.with)).toBe(
    `No help on "${topic}". Topics: start, ${ofMembers.join(', ')}.`,
  );
});

test('/help offers topics by their beginning first, then by their letters', async () => {
  const [option] = help.options;
  const suggest = option?.kind === 'text' ? option.suggest : undefined;
  expect(await suggest?.('st', manager, ports())).toEqual(['start', 'stop', 'stats', 'settings']);
  expect(await suggest?.('st', adam, ports())).toEqual(['start', 'stop', 'stats']);
  expect(await suggest?.('kc', adam, ports())).toEqual([]);
});

const instants = {
  heardAtMs: 1000,
  endedAtMs: 1180.4,
  recognisedAtMs: 1300,
  firstTokenAtMs: 1390,
  firstClauseAtMs: 1391,
  firstSpeechAtMs: 1450,
  firstSentAtMs: 1470,
};

test('/stats tells the speed of the last answers', async () => {
  const speed = () => ({ turns: 62, p50Ms: 411.7, p95Ms: 520, failed: 1, vainShare: 0.031 });
  const [reply] = await stats.run(adam, ports({ speed }));
  expect([reply.to, text(reply.id, reply.with)]).toEqual([
    'caller',
    'Last 62 answers: half within 412 ms, 95 % within 520 ms of your last word. 1 failed. Prepared but not used: 3 % of tokens.',
  ]);
});

test('/stats view:last turn tells each instant of the last answer', async () => {
  const lastTurn = () => ({ instants, finish: 'completed' }) as const;
  const [reply] = await stats.run({ ...adam, words: { view: 'last turn' } }, ports({ lastTurn }));
  expect(text(reply.id, reply.with)).toBe(
    'Last answer: said to the end. After your last word: ended 180, recognised 300, first token 390, first clause 391, first speech 450, first frame sent 470 ms.',
  );
});

test('/stats leaves out instants that did not come', async () => {
  const latest = { instants: { heardAtMs: 0, endedAtMs: 180 }, finish: 'failed' } as const;
  const call = { ...adam, words: { view: 'last turn' } };
  const [reply] = await stats.run(call, ports({ lastTurn: () => latest }));
  expect(reply.with).toEqual({ finish: 'failed', instants: 'ended 180' });
});

test.each([{}, { view: 'speed' }, { view: 'last turn' }])(
  '/stats with %j before the first answer says so',
  async (words) => {
    expect(await stats.run({ ...adam, words }, ports())).toEqual([
      { id: 'stats.none', to: 'caller' },
    ]);
  },
);

test('/stats view:cost tells everybody their own share, and nothing of the others', async () => {
  const asked = { ...adam, words: { view: 'cost' } };
  const share = () => ({ ...ports().costs.share('g', 'adam'), usd: 0.25, turns: 3, capUsd: 1 });
  const [reply, ...more] = await stats.run(asked, ports({ share }));
  expect([text(reply.id, reply.with), reply.lines, more]).toEqual([
    'You today: $0.25 of $1.00. 3 turns.',
    undefined,
    [],
  ]);
  const [nothing] = await stats.run(asked, ports());
  expect(text(nothing.id, nothing.with)).toBe('You have spent nothing today, of $5.00.');
});

test('/stats view:cost tells who manages the server what today cost, and who asked most', async () => {
  const asked = { ...adam, words: { view: 'cost' } };
  const today = () => ({
    usd: 1.55,
    capUsd: 5,
    turns: 62,
    top: { personId: '7', name: 'Ana' },
  });
  const prices = () => ({ free: ['recognise'], estimated: ['think', 'speak'] }) as const;
  const [reply] = await stats.run({ ...asked, mayManage: true }, ports({ prices, today }));
  expect([reply, ...(reply.lines ?? [])].map((line) => text(line.id, line.with))).toEqual([
    'Today $1.55 of $5.00. 62 turns, $0.025 each. Most: Ana.',
    'Free: speech to text.',
    'Counted by an estimate, as the price of the model is unknown: answers, text to speech.',
    'You have spent nothing today, of $5.00.',
  ]);
});
