import { BotError } from '#src/base/errors.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import type { Reservation } from '#src/spending/reservation.ts';
import type { SpendingEntry } from '#src/spending/spending-store.ts';
import { Play, playScripts } from '#test/conversation/setup/play-script.ts';
import {
  eva,
  lounge,
  openSessionFixture,
  passTime,
  type SessionFixture,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeLocalRecogniser, FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { fc } from '#test/properties.ts';

const twoMinutes = {
  samples: new Int16Array(120 * 16_000).fill(1),
  rateHz: 16_000,
  channels: 1,
} as const;
/** A text of 2,000 letters is to be read. */
const singSong =
  (how = {}) =>
  (fixture: SessionFixture) =>
    fixture.talk.sayText(toGuildId('g'), 'la '.repeat(666).trim(), 'now', how);
const free = { kind: 'free' } as const;

playScripts({
  'an answer is paid for: recognising by its sound, thinking by what the server reports, speaking by its text': `
    with priced
    spent > speak 0.000003, speak 0.000028, server 0.000031, reserved 0
    adam says: five > heard Adam: five, answered Adam: You said five.
    spent
    > recognise 0.00012, recognise 0.00021, think 0.000008, speak 0.000014, server 0.000383, adam 0.000352, turns 1, reserved 0
    model: You said five. | usage 1000 500
    adam writes: And? > told adam: answered You said five.
    spent > think 0.0015, server 0.001883, adam 0.001852, turns 2, reserved 0
    `,
  'a refused request costs nothing, and its reservation ends': `
    with priced, uncalled
    adam joins > joined consent brief
    model: fail !provider.refused
    voice fails !provider.refused
    adam asks: How many?
    > told adam: failed fail.llm
    > answered Adam (failed)
    > failed think provider.refused
    > failed speak provider.refused
    > says fail.llm
    > writes "My voice is out, so I'm writing: I can't think right now: my chat model gives no answer that I can use."
    3000
    adam writes: How many? > told adam: failed fail.llm, failed think provider.refused
    3000
    spent > server 0, adam 0, turns 2, reserved 0
    `,
  'whoever has used their share reads so once, and is answered neither aloud nor in text': `
    with share 0.002
    adam has spent 0.00195
    adam asks: How many? > told adam: failed budget.user h 8, dropped Adam: budget
    3000
    adam asks: How many? > told adam: failed budget.user h 8, dropped Adam: budget
    3000
    adam writes: How many? > told adam: failed budget.user h 8
    # Each command is answered with it: nothing more is written.
    34000
    `,
  'beyond the budget each question gets a tone, and its speaker reads why, at once and every ten minutes': `
    with budget 0.1, uncalled
    adam joins > joined consent brief
    adam has spent 0.0999
    adam begins: five
    4000 sounding > dropped Adam: budget, tells adam budget.guild (<t:1795219200:f>)
    adam begins: five
    4000 sounding > dropped Adam: budget
    600000
    adam begins: five
    4000 sounding > dropped Adam: budget x2, tells adam budget.guild (<t:1795219200:f>)
    `,
  'when the budget for recognition is used up, a person alone with the bot gets the tone and the line': `
    with budget 0.1, uncalled, alone
    adam joins > joined consent brief
    adam has spent 0.1
    adam begins: five
    4000 sounding > tells adam budget.guild (<t:1795219200:f>)
    `,
  'when much is left of a budget, it says that this is too little, and not that all is used': `
    with budget 0.0005, uncalled
    adam joins > joined consent brief
    adam says: five > heard Adam: five, dropped Adam: budget, tells adam budget.rest.server
    `,
  'when the budget is used it says so once, shows until when, and reads nothing out': `
    with budget 0.1, uncalled
    adam joins > joined consent brief
    adam has spent 0.0999
    adam says: five > dropped Adam: budget, tells adam budget.guild (<t:1795219200:f>)
    panel > panel.quiet time <t:1795219200:f>; people.yes names Adam; people.unasked names Eva
    read now: Hello. > refused budget.guild time <t:1795219200:f>
    `,
  'at the very end nothing is recognised either, until the next day': `
    with budget 0.1, uncalled, from 23:59:50
    adam joins > joined consent brief
    adam has spent 0.1
    adam says: five > tells adam budget.guild (<t:1795219200:f>)
    8000
    adam says: five > heard Adam: five, answered Adam: You said five.
    `,
  'a text that costs more than is left is written, and not read out': [
    { acts: { sing: singSong(), 'sing beside': singSong({ track: 'news' }) } },
    `
    with budget 0.1
    adam has spent 0.0985
    spent > speak 0.000003, speak 0.000028, think 0.0985, server 0.098531, adam 0.0985, reserved 0
    do sing > queued position 0, played voice: failed, writes "la la"
    3000
    do sing beside > placed playing playing title “…” track news place 0
    3000
    > played news: failed
    > writes track.gone (“…”) (news) (What is left of today's budget here is too little for this.)
    spent > server 0.098531, adam 0.0985, reserved 0
    `,
  ],
  'a check is paid by the server, and asks nobody where its budget is used': `
    with budget 0.1
    spent > speak 0.000003, speak 0.000028, server 0.000031, reserved 0
    adam checks > says "one two three"
    9000
    > check: permission ok, voice link ok, encryption ok, decode ok, recognise ok, think ok, speak ok, playback ok
    spent > think 0.000015, speak 0.000013, recognise 0.000166667, server 0.000225667, reserved 0
    requests > 1 requests
    adam has spent 0.0995
    adam checks
    9000
    > check: permission ok, voice link ok, encryption ok, decode ok, recognise idle Today's budget is used. I won't speak until <t:1795219200:f>., think idle Today's budget is used. I won't speak until <t:1795219200:f>., speak idle Today's budget is used. I won't speak until <t:1795219200:f>., playback ok
    requests > 1 requests
    `,
  'a recording of /ask is paid by whoever sent it, a person or a program, until their share is used':
    [
      {
        recordings: { read: async () => twoMinutes, readPictures: async () => [] },
        tariff: { think: free, speak: free },
      },
      `
    with share 0.03
    eva writes with recording: > told eva: answered You said five.
    eva writes with recording: > told eva: failed budget.rest.person, failed recognise budget.used
    spent > recognise 0.02, server 0.02, eva 0.02, turns 2, reserved 0
    token:bell writes with recording: > told token:bell: answered You said five.
    token:bell writes with recording:
    > told token:bell: failed budget.rest.person, failed recognise budget.used
    spent > recognise 0.02, server 0.04, eva 0.02, token:bell 0.02, turns 4, reserved 0
    `,
    ],
  'a "stop" silences the bot also where the budget of the server is used up meanwhile': `
    with budget 0.1, natural
    model: It is a long story. It began a long time ago. It goes on until today. It ends when it is told.
    eva asks: And?
    3000 sounding
    > told eva: answered It is a long story. It began a long time ago. It goes on until today. It ends when it is told.
    adam has spent 0.1
    2000 sounding
    adam says: Stop.
    > answered Eva (left out) (cancelled): It is a long story. It began a long time ago. It goes on until today. It ends
    `,
  'a "stop" silences the bot also where their own share is used up meanwhile': `
    with share 0.05, natural
    model: It is a long story. It began a long time ago. It goes on until today. It ends when it is told.
    eva asks: And?
    3000 sounding
    > told eva: answered It is a long story. It began a long time ago. It goes on until today. It ends when it is told.
    adam has spent 0.05
    2000 sounding
    adam says: Stop.
    > heard Adam: Stop.
    > ignored Adam: interjection
    > answered Eva (left out) (cancelled): It is a long story. It began a long time ago. It goes on until today. It ends when it
    `,
});

test('an answer is reported with the tokens of its requests to the chat model', async () => {
  const play = new Play({ caps: {} });
  for (const step of ['adam joins', '6000', 'model: Five. | usage 1000 500'])
    await play.performLine(step);
  await play.performLine('adam says: five');
  await play.performLine('3000');
  const answered = play.events.filter(({ kind }) => kind === 'answered');
  expect(answered).toMatchObject([
    { usage: { inputTokens: 1_000, outputTokens: 500 } },
  ]);
  await play.fixture.sessions[Symbol.asyncDispose]();
});

const todayMs = new VirtualClock().wallMs();

playScripts({
  'captions of talk among people are paid by the server, and words to the bot by their speaker': `
    with budget 10, name
    captions on > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    spent > speak 0.000003, speak 0.000028, speak 0.000035, server 0.000066, reserved 0
    adam says (human-goforward): go forward ten meters
    > heard Adam: go forward ten meters, ignored Adam: not-named
    1000
    spent > recognise 0.000315, server 0.000381, reserved 0
    adam says (human-goforward): Nova, go forward ten meters
    > heard Adam: Nova, go forward ten meters, answered Adam: You said five.
    1000
    spent
    > recognise 0.000318333, think 0.0001, speak 0.000014, server 0.000813333, adam 0.000432333, turns 1, reserved 0
    `,
  'a withdrawn utterance is paid by the server': `
    with budget 10
    spent > speak 0.000003, speak 0.000028, server 0.000031, reserved 0
    recogniser takes 5000
    adam begins (human-goforward): go forward ten meters
    3500
    adam denies > isSaved true
    1000
    spent > recognise 0.000315, server 0.000346, reserved 0
    `,
  'captions that nothing pays are not announced; with the money of the next day they begin, with their notice': `
    with budget 0.1, name, from 23:59:00
    adam has spent 0.1
    captions on > captions: waiting captions.unpaid time <t:1795219200:f> saved true
    panel
    > panel.quiet time <t:1795219200:f>; captions.unpaid time <t:1795219200:f>; people.commands names Adam; people.unasked names Eva
    adam says (human-goforward): go forward ten meters > writes budget.guild (<t:1795219200:f>)
    lines > none
    120000 > played voice: completed, says captions.on
    adam says (human-goforward): go forward ten meters
    > heard Adam: go forward ten meters, ignored Adam: not-named
    lines > person personId adam name Adam, go forward ten meters
    `,
  'a bot that hears nothing waits with captions, and begins them once it hears': `
    with name
    deafened on > writes deafened.server
    captions on > captions: waiting deafened.server saved true
    3000
    panel > deafened.server; people.unasked names Eva
    deafened off
    6000 > played voice: completed, says captions.on
    panel
    > join.ok.several; listening; captions place https://discord.com/channels/g/lounge; people.yes names Adam; people.unasked names Eva
    `,
  'a call for captions writes them again after they were turned off': `
    with name
    captions on > says captions.on
    6000 > captions: on placeId lounge isHere true saved true, played voice: completed
    captions off > isSaved true
    adam joins for captions > already consent brief, says captions.on
    6000 > played voice: completed
    adam says (human-goforward): go forward ten meters
    > heard Adam: go forward ten meters, ignored Adam: off
    lines > person personId adam name Adam, go forward ten meters
    panel
    > captions.only; captions place https://discord.com/channels/g/lounge; people.yes names Adam; people.unasked names Eva
    `,
  'captions end with the budget of the server': `
    with budget 10, name
    captions on > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    eva has spent 10
    adam says (human-goforward): go forward ten meters > writes budget.guild (<t:1795219200:f>)
    1000
    lines > none
    spent
    > speak 0.000003, speak 0.000028, speak 0.000035, think 10, server 10.000066, eva 10, reserved 0
    `,
});

test('the captions of who has used their share are paid by the server', () => {
  const { budgets, ledger } = openBudgets(new VirtualClock(), {
    caps: { personDay: toUsd(0.001) },
  });
  ledger.charge(toGuildId('g'), toPersonId('adam'), { nanoUsd: 1_000_000 }, todayMs);
  expect(budgets.openHearingBudget(toGuildId('g'), toPersonId('adam'))).toMatchObject({
    kind: 'refused',
  });
  expect(
    budgets.openHearingBudget(toGuildId('g'), toPersonId('adam'), true),
  ).toHaveProperty('reservation');
});

const missing = { localRecogniser: new FakeLocalRecogniser({ texts: [''] }, false) };

playScripts({
  'a spoken no counts and is answered in writing while the money of the server is used': `
    with budget 0.1, auto
    adam has spent 0.1
    adam says: Don't listen to me.
    > writes budget.guild (<t:1795219200:f>), tells adam consent.no, offers 2 buttons
    panel > panel.quiet time <t:1795219200:f>; people.unasked names Eva; people.no n 1
    `,
  'a spoken no counts while the share of its speaker is used, and its receipt is spoken': `
    with share 0.1, auto
    adam has spent 0.1
    adam says: Don't listen to me. > says consent.no
    `,
  'a spoken no counts where the bot is there for captions, and they are off': `
    with uncalled
    adam joins for captions > joined consent brief, says captions.on
    5000 > played voice: completed
    captions off > isSaved true
    3000
    panel > captions.only.off; people.commands names Adam; people.unasked names Eva
    adam says: Don't listen to me. > ignored Adam: off, tells adam consent.no, offers 2 buttons
    `,
  'a spoken no counts where the recogniser of the operator is out of order': `
    recogniser fails provider.unreachable
    adam says: Don't listen to me. > says consent.no
    `,
  'a spoken no counts at any time where only who pressed Ask is answered': `
    with window
    adam says: Don't listen to me. > ignored Adam: not-named, says consent.no
    `,
  'where no person is heard, no word is understood, and the panel says so': `
    with off
    panel > settings.addressing.off; people.nobody; people.unasked names Eva
    adam says: Don't listen to me. > ignored Adam: off
    `,
  'other words that only this machine understood are shown, written and told to nobody': `
    with budget 10, auto
    captions on > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    adam has spent 10
    adam says: The key lies under the mat. > writes budget.guild (<t:1795219200:f>)
    1000
    captions > none
    lines > none
    prompt > nothing
    panel
    > panel.quiet time <t:1795219200:f>; captions.unpaid time <t:1795219200:f>; people.commands names Adam; people.unasked names Eva
    `,
  'without a recogniser of this machine the panel says that only buttons count': [
    missing,
    `
    with budget 0.1, auto
    adam has spent 0.1
    adam says: Don't listen to me. > writes budget.guild (<t:1795219200:f>)
    panel > panel.quiet time <t:1795219200:f>; people.nobody; people.unasked names Eva
    `,
  ],
  'a spoken no counts where the rest of the money is too little to recognise its words': `
    with budget 0.1, auto
    adam has spent 0.0999
    adam says: Don't listen to me.
    > ignored Adam: not-named
    > failed recognise budget.used
    > writes budget.rest.server
    > tells adam consent.no
    > offers 2 buttons
    `,
  'words to the bot beyond the money get the tone also where the recogniser of this machine fails':
    [
      {
        localRecogniser: {
          isAvailable: true,
          recognise: () => Promise.reject(new BotError('speech.failed', true, 'No.')),
        },
      },
      `
    with budget 0.1, auto, alone
    adam has spent 0.1
    adam begins: What time is it?
    4000 sounding > tells adam budget.guild (<t:1795219200:f>)
    `,
    ],
  'among several people, words to the bot beyond the money get a tone and, by name, the reason every ten minutes':
    [
      { caps: { personDay: toUsd(0.1) } },
      `
    with auto
    adam has spent 0.1
    adam begins: What time is it, Eva?
    4000 silent
    adam begins: Nova, what time is it?
    4000 sounding > tells adam budget.user (8)
    adam begins: Nova, what time is it?
    4000 sounding
    600000
    adam begins: Nova, what time is it?
    4000 sounding > tells adam budget.user (8)
    `,
    ],
});

const g = toGuildId('g');
const ana = toPersonId('ana');

const order = {
  kind: 'answer' as const,
  guildId: g,
  personId: ana,
  name: 'Ana',
  first: { messages: [], heardMs: 3_000 },
};

type World = ReturnType<typeof openBudgets> & {
  readonly clock: VirtualClock;
  readonly heard: Reservation[];
  readonly bills: Reservation[];
  readonly entries: SpendingEntry[];
};

const acts = ['listen', 'hear', 'open', 'use', 'speak', 'save', 'wait'] as const;
type Act = { readonly kind: (typeof acts)[number]; readonly which: number };

function performAct({ kind, which }: Act, world: World) {
  const { bills, entries, clock, budgets, heard, ledger } = world;
  const bill = bills[which % Math.max(1, bills.length)];
  switch (kind) {
    case 'listen': {
      const listening = budgets.openHearingBudget(g, ana);
      return 'reservation' in listening
        ? void heard.push(listening.reservation)
        : undefined;
    }
    case 'hear':
      return heard[which % Math.max(1, heard.length)]?.onRecognised(1_000 + which);
    case 'open': {
      const opened = budgets.open(order);
      return opened.kind === 'open' ? void bills.push(opened.reservation) : undefined;
    }
    case 'use':
      return bill?.recordUsage({ inputTokens: which + 1, outputTokens: 1 });
    case 'speak':
      return bill?.recordSpeech({ characters: which, ms: 100 });
    case 'save': {
      const unsaved = ledger.listUnsaved();
      entries.push(...unsaved);
      return ledger.noteSaved(unsaved);
    }
    case 'wait':
      return clock.advance(which * 7_000);
  }
}

const anyAct = fc.record({ kind: fc.constantFrom(...acts), which: fc.nat(9_999) });

test('whatever was under way when somebody was forgotten, nothing names them afterwards', async () => {
  const later = anyAct.filter(({ kind }) => kind !== 'listen' && kind !== 'open');
  const both = [
    fc.array(anyAct, { maxLength: 30 }),
    fc.array(later, { maxLength: 30 }),
  ] as const;
  await fc.assert(
    fc.asyncProperty(...both, async (before, after) => {
      const clock = new VirtualClock();
      const world: World = {
        clock,
        ...openBudgets(clock),
        heard: [],
        bills: [],
        entries: [],
      };
      for (const act of before) await performAct(act, world);
      world.budgets.forget(g, ana);
      world.entries.length = 0; // what is in the book is erased there
      for (const act of after) await performAct(act, world);
      const reported = [
        ...world.entries,
        ...world.ledger.listUnsaved(),
        ...world.ledger.getStanding(g, clock.wallMs()).people,
      ];
      expect(JSON.stringify(reported)).not.toContain('ana');
    }),
    { numRuns: 300 },
  );
});

test.each([600, 1_000, 1_400, 2_000, 2_600, 3_200, 3_800, 4_600])(
  'who is forgotten %i ms into a sentence is not put back by what was being recognised',
  async (ms) => {
    const adam = { id: toPersonId('4711'), name: 'Adam', isBot: false, roleIds: [] };
    const clock = new VirtualClock(Date.UTC(2026, 10, 20));
    const { ledger, budgets } = openBudgets(clock);
    const transcriber = new FakeTranscriber({
      texts: ['five five'],
      tookMs: 400,
      clock,
    });
    const fixture = openSessionFixture(
      { spending: budgets, transcriber },
      [adam, eva],
      clock,
    );
    await fixture.sessions.join(lounge, adam.id);
    await passTime(fixture, 500);
    const fromMs = clock.nowMs();
    const packets = await sayWords('human-librivox-0880', adam, fromMs);
    await passTime(
      fixture,
      ms,
      packets.filter(({ atMs }) => atMs <= fromMs + ms),
    );
    await fixture.privacy.forget(g, adam.id);
    await passTime(fixture, 1_500);
    expect([...ledger.getStanding(g, clock.wallMs()).people.keys()]).toEqual([]);
    await fixture.sessions.leave(g);
  },
);

test('a forgotten person leaves no spending behind and gets no second share, even while an answer goes on', async () => {
  const clock = new VirtualClock();
  const caps = { personDay: toUsd(1), serverDay: toUsd(5) };
  const { budgets, ledger } = openBudgets(clock, { caps });
  for (let n = 0; n < 10; n++) {
    for (
      let opened = budgets.open(order);
      opened.kind === 'open';
      opened = budgets.open(order)
    ) {
      if (n % 2 === 0) budgets.forget(g, ana);
      opened.reservation.recordUsage({ inputTokens: 100_000, outputTokens: 0 });
      opened.reservation.close();
    }
    expect(budgets.open(order)).toMatchObject({ line: { id: 'budget.user' } });
    budgets.forget(g, ana);
  }
  expect(ledger.getStanding(g, todayMs).day.nanoUsd).toBeLessThanOrEqual(1.1e9);
  expect(budgets.openHearingBudget(g, ana)).toMatchObject({
    line: { id: 'budget.user' },
  });
  expect(budgets.open({ ...order, personId: toPersonId('ben') }).kind).toBe('open');
  await clock.advance(24 * 3_600_000);
  expect(budgets.open(order).kind).toBe('open');
});
