import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { chained } from '#src/pipeline/chained.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import type { Caps } from '#src/spending/caps.ts';
import type { Tariff } from '#src/spending/tariff.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';
import { dollars, openDesk } from '#test/fakes/spending.ts';
import {
  adam,
  eva,
  lounge,
  only,
  openHouse,
  pass,
  words,
} from '#test/session/setup/session-fixture.ts';

type Over = {
  readonly caps?: Partial<Caps>;
  readonly tariff?: Partial<Tariff>;
  readonly parts?: Partial<SessionDependencies>;
  readonly wallMs?: number;
};

/** Adam and Eva with the bot, and what it costs. */
async function openPaid({ caps = {}, tariff = {}, parts = {}, wallMs }: Over = {}) {
  const clock = new VirtualClock(wallMs);
  const purse = openDesk(clock, { caps, tariff });
  const house = openHouse({ ...parts, spending: purse.desk }, [adam, eva], clock);
  await house.rooms.join(lounge, 'adam');
  const spent = () => purse.ledger.standing('g', clock.wallMs()).day;
  return { ...purse, house, clock, spent };
}

const asker = { id: 'adam', name: 'Adam' };

test('an answer is paid for: recognising by its sound, thinking by what the server reports, speaking by its text', async () => {
  const usage = { inputTokens: 1_000, outputTokens: 500 };
  const chat = new FakeChat([['You said five.', { usage }]]);
  const { house, paid, spent } = await openPaid({ parts: { chat } });
  const pipe = await openPaid();
  await pass(pipe.house, 4_000, await words('human-cards-004', adam, 0));
  const sum = (what: string) =>
    pipe.paid.filter((one) => one.what === what).reduce((all, { usd = 0 }) => all + usd, 0);
  expect(sum('recognise')).toBeGreaterThan((0.01 / 60) * 1.5);
  expect(sum('speak')).toBeCloseTo('You said five.'.length / 1e6, 9);
  expect(sum('think')).toBeGreaterThan(0);
  expect(pipe.spent().turns).toBe(1);
  await house.talk.ask('g', 'And?', asker, 'text');
  expect(paid).toEqual([{ kind: 'spent', what: 'think', usd: 0.0015 }]);
  expect(spent()).toMatchObject({ nanoUsd: 1_500_000, turns: 1 });
});

test('what was prepared in vain is paid as well', async () => {
  const transcriber = new FakeTranscriber({ texts: ['go forward ten meters'] });
  const { house, ledger, paid, spent } = await openPaid({ parts: { transcriber } });
  const said = await words('human-goforward', adam, 0);
  while (house.chat.asked.length === 0 && said.length > 0) {
    const now = said.filter(({ atMs }) => atMs <= house.clock.nowMs() + 20);
    await pass(house, 20, said.splice(0, now.length));
  }
  await house.rooms.leave('g');
  await pass(house, 200);
  expect(house.of('answered')).toEqual([]);
  expect(paid.map(({ what }) => what)).toEqual(expect.arrayContaining(['think', 'speak']));
  expect(spent().turns).toBe(0);
  expect(ledger.reserved('g')).toEqual({ nanoUsd: 0, ms: 0 });
});

test('what a server refuses costs nothing, and is not put aside for ever', async () => {
  const error = new BotError('provider.refused', false, 'No.');
  const chat = new FakeChat([[{ error }]]);
  const synthesizer = new FakeSynthesizer({ fault: () => ({ afterPieces: 0, error }) });
  const pipelines = only(chained({ chat, synthesizer }));
  const { house, ledger, spent } = await openPaid({ parts: { chat, pipelines, synthesizer } });
  expect(await asking(house, 'voice')).toMatchObject({ kind: 'failed' });
  expect(await asking(house, 'text')).toMatchObject({ kind: 'failed' });
  expect(spent().nanoUsd).toBe(0);
  expect(ledger.reserved('g')).toEqual({ nanoUsd: 0, ms: 0 });
});

test('after an answer nothing stays put aside', async () => {
  const { house, ledger } = await openPaid();
  for (let turn = 0; turn < 3; turn++)
    await pass(house, 4_000, await words('human-cards-004', adam, turn * 4_000));
  expect(house.of('answered')).toHaveLength(3);
  expect(ledger.reserved('g')).toEqual({ nanoUsd: 0, ms: 0 });
});

test('whoever has used their share reads so, is not answered aloud, and still gets answers in text', async () => {
  const { house, desk } = await openPaid({ caps: { personDay: dollars(0.002) } });
  use(desk, 1_800);
  const line = { id: 'budget.user', with: { h: 8 } };
  expect(await asking(house, 'voice')).toEqual({ kind: 'failed', line });
  expect(await asking(house, 'voice')).toEqual({ kind: 'failed', line });
  expect(await asking(house, 'text')).toEqual({ kind: 'answered', text: 'You said five.' });
  await pass(house, 31_000);
  const told = house.written.filter((words) => words.startsWith("You've used today's share."));
  expect(told).toEqual(["You've used today's share. Text still works; new share in 8 h."]);
  expect(house.of('dropped')).toMatchObject([{ why: 'budget' }, { why: 'budget' }]);
});

test('when the budget is used it says so once, keeps recognising, shows until when, and reads nothing out', async () => {
  const { house, desk } = await openPaid({ caps: { serverDay: dollars(0.1) } });
  use(desk, 96_000);
  await pass(house, 4_000, await words('human-cards-004', adam, 0));
  expect(house.of('recognised')).toHaveLength(1);
  expect(house.of('answered')).toEqual([]);
  expect(house.written).toEqual([
    "Today's budget is used. I won't speak until 2026-11-21 00:00 UTC.",
  ]);
  expect(house.faces.at(-1)?.state).toEqual({ kind: 'quiet', time: '2026-11-21 00:00 UTC' });
  expect(await house.talk.say('g', 'Hello.', 'now')).toMatchObject({
    kind: 'unaffordable',
    line: { id: 'budget.guild' },
  });
  expect(house.door.link.sent).toBe(0);
});

test('at the very end nothing is recognised either, until the next day', async () => {
  const wallMs = Date.UTC(2026, 10, 20, 23, 59, 50);
  const { house, desk, clock } = await openPaid({ caps: { serverDay: dollars(0.1) }, wallMs });
  use(desk, 100_000);
  await pass(house, 4_000, await words('human-cards-004', adam, 0));
  expect([house.of('recognised'), house.of('ignored')]).toEqual([[], []]);
  await pass(house, 8_000);
  const nowMs = clock.nowMs();
  await pass(house, 4_000, await words('human-cards-004', adam, nowMs));
  expect(house.of('answered')).toHaveLength(1);
});

test('near the end answers are to be short, and the voice cheap where there is a cheaper one', async () => {
  const tariff = { cheaperVoice: { kind: 'free' } } as const;
  const { house, desk, paid } = await openPaid({ caps: { serverDay: dollars(0.1) }, tariff });
  use(desk, 91_000);
  await asking(house, 'voice');
  const [system] = house.chat.asked.at(-1)?.messages ?? [];
  expect(system?.content).toContain('Answer in one sentence');
  expect(house.synthesizer.asked.at(-1)?.voice).toMatchObject({ isCheap: true });
  expect(house.written).toEqual(["80 % of today's budget is used."]);
  expect(paid.filter(({ what }) => what === 'speak')).toEqual([]);
});

test('a forgotten person is not known to have spent anything', async () => {
  const { house, desk, ledger, clock } = await openPaid();
  use(desk, 1_000);
  await house.privacy.forget('g', 'adam');
  const { day, people } = ledger.standing('g', clock.wallMs());
  expect([day.nanoUsd, people.size]).toEqual([1_000_000, 0]);
});

type Paid = Awaited<ReturnType<typeof openPaid>>;

/** Uses this many tokens of Adam's, a millionth of a dollar each. */
function use(desk: Paid['desk'], inputTokens: number): void {
  const who = { guildId: 'g', personId: 'adam', name: 'Adam' };
  const opening = desk.open({ ...who, characters: 0, heardMs: 0 });
  if (opening.kind === 'refused') throw new Error('refused');
  opening.bill.used({ inputTokens, outputTokens: 0 });
  opening.bill.close();
}

async function asking(house: Paid['house'], how: 'voice' | 'text') {
  const answer = house.talk.ask('g', 'How many?', asker, how);
  await pass(house, 3_000);
  return await answer;
}
