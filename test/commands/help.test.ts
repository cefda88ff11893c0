import { expect, test } from 'vitest';
import { help } from '#commands/help.ts';
import { stats } from '#commands/stats.ts';
import { text } from '#src/texts/texts.ts';
import { adam, ports } from './ports.ts';

test('/help fits into twelve lines, is private, and has buttons to try', async () => {
  const [reply, ...others] = await help.run(adam, ports());
  expect(others).toEqual([]);
  expect([reply, ...(reply.lines ?? [])].length).toBeLessThanOrEqual(12);
  expect([reply.to, reply.buttons]).toEqual(['caller', ['try.join', 'try.privacy', 'try.stats']]);
});

test.each(['start', 'ask', 'voice', 'words', 'stop', 'privacy', 'stats', 'settings', 'trouble'])(
  '/help on %s is one sentence of its own',
  async (topic) => {
    const [reply] = await help.run(
      { ...adam, words: { topic: ` ${topic.toUpperCase()}` } },
      ports(),
    );
    expect([reply.id, reply.lines]).toEqual([`help.${topic}`, undefined]);
  },
);

test.each(['constructor', 'rain'])('/help on %s names the topics there are', async (topic) => {
  const [reply] = await help.run({ ...adam, words: { topic } }, ports());
  expect(text(reply.id, reply.with)).toBe(
    `No help on "${topic}". Topics: start, ask, voice, words, stop, tracks, privacy, stats, settings, trouble.`,
  );
});

test('/help offers topics by their beginning first, then by their letters', async () => {
  const [option] = help.options;
  const suggest = option?.kind === 'text' ? option.suggest : undefined;
  expect(await suggest?.('st', adam, ports())).toEqual(['start', 'stop', 'stats', 'settings']);
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

test('/stats gives a link to the page of this server to those who manage it, and to nobody else', async () => {
  const page = {
    link: (guildId: string, id: string) => `https://page.example/#${guildId}-${id}`,
    captionsLink: () => undefined,
  };
  const [reply] = await stats.run({ ...adam, mayManage: true }, { ...ports(), page });
  expect([reply.to, reply.lines?.map((line) => text(line.id, line.with))]).toEqual([
    'caller',
    [
      'Page of this server: <https://page.example/#g-adam> The link works once, within 10 minutes. Keep it to yourself.',
    ],
  ]);
  expect((await stats.run(adam, { ...ports(), page }))[0].lines).toBeUndefined();
  expect((await stats.run({ ...adam, mayManage: true }, ports()))[0].lines).toBeUndefined();
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
    minutes: 31,
    capUsd: 5,
    capMinutes: 600,
    isUnpriced: false,
    turns: 62,
    top: { personId: '7', name: 'Ana' },
  });
  const [reply] = await stats.run({ ...asked, mayManage: true }, ports({ today }));
  expect(text(reply.id, reply.with)).toBe(
    'Today $1.55 of $5.00. 62 turns, $0.025 each. Most: Ana.',
  );
});

test('/stats view:cost counts in minutes what has no price', async () => {
  const today = () => ({
    usd: 0,
    minutes: 12.34,
    capUsd: 5,
    capMinutes: 600,
    isUnpriced: true,
    turns: 4,
    top: { personId: '7' },
  });
  const asked = { ...adam, mayManage: true, words: { view: 'cost' } };
  const [reply] = await stats.run(asked, ports({ today }));
  expect(text(reply.id, reply.with)).toBe(
    'Today 12.3 min not priced of 600 min. 4 turns, 3.1 min not priced each. Most: <@7>.',
  );
  const [nothing] = await stats.run(asked, ports());
  expect(text(nothing.id, nothing.with)).toBe('Nothing spent today, of $5.00.');
});
