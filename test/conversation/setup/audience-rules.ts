import { expect, test } from 'vitest';
import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import { peopleReading } from '#src/people/confidential-text.ts';
import { turnOn } from './captioned.ts';
import {
  asked,
  ben,
  converse,
  type Narration,
  openNarration,
  overheard,
  type PlantedWord,
  passUntil,
  reported,
} from './narration.ts';
import { programDoors } from './program-doors.ts';
import { adam, den, eva, pass } from './session-fixture.ts';
import { fixtureStores, StoreClock, type StorePlace } from './stores-on-disk.ts';

/** Who must not know which of the two words. */
type BarredReaders = { readonly [Word in PlantedWord]: readonly ChannelMember[] };

type Rule = {
  readonly settings?: Readonly<Record<string, string>>;
  /** Says the words under this rule, with Adam and Eva there and captions on. */
  readonly act: (setup: Narration) => Promise<unknown>;
  readonly barred: BarredReaders;
  /** Not even captions have shown what Eva said beside the bot. */
  readonly isUnwritten?: true;
  /** Its message goes later, at the pace of Discord: `test/features/captions/captions-erased.test.ts`. */
  readonly staysInChats?: true;
  /** Same as `barred`, where captions and the conversation ended with the former run of the bot. */
  readonly barredAfterRestart?: BarredReaders;
};

const everybody = [adam, eva, ben];
/** Who was not there. */
const newcomers: BarredReaders = { [overheard]: [ben], [reported]: [ben] };
const nobodyMay: BarredReaders = { [overheard]: everybody, [reported]: everybody };
/**
 * Readers barred from words that are heard and answered without being written: people who were there know them from the bot, and
 * nobody from captions.
 */
const unwritten: BarredReaders = { [overheard]: everybody, [reported]: [ben] };
const eightDaysMs = 8 * 24 * 60 * 60_000;

/** Eva says one word beside the bot and the other to it. */
async function saidByEva(setup: Narration): Promise<void> {
  await setup.say(eva, `the ${overheard} is decided`);
  await asked(setup, eva, `Mind the ${reported}.`);
}

const rules: Readonly<Record<string, Rule>> = {
  'what was said before they came': { act: converse, barred: newcomers },
  'what stands in a place that they may not open': {
    settings: { catch_up: 'on' },
    act: async (setup) => {
      for (const reader of ['ben lounge', 'managers'])
        setup.fixture.captionChats.barred.add(reader);
      await converse(setup);
    },
    barred: newcomers,
  },
  'what is said where nothing is kept': {
    settings: { captions_days: '0' },
    act: converse,
    barred: newcomers,
    barredAfterRestart: nobodyMay,
  },
  'what somebody says who is left out': {
    act: async (setup) => {
      await setup.fixture.captions.leaveOut('g', 'eva', true);
      await saidByEva(setup);
      await setup.fixture.captions.leaveOut('g', 'eva', false);
    },
    isUnwritten: true,
    barred: unwritten,
    barredAfterRestart: nobodyMay,
  },
  'what is said while captions are off': {
    act: async (setup) => {
      await setup.fixture.captions.turnOff('g');
      await saidByEva(setup);
      await turnOn(setup.fixture);
    },
    isUnwritten: true,
    barred: unwritten,
    barredAfterRestart: nobodyMay,
  },
  'what somebody says before their yes': {
    act: async ({ fixture, say }) => {
      await fixture.privacy.deny('g', 'eva');
      await say(eva, `the ${overheard} is decided, ${reported}`);
      await fixture.privacy.allow('g', 'eva');
    },
    isUnwritten: true,
    barred: nobodyMay,
  },
  'what somebody says who is blocked': {
    act: async ({ fixture, say }) => {
      const id = '123456789012345678';
      fixture.linkOpener.link.present.push({ ...eva, id });
      await fixture.privacy.allow('g', id);
      await fixture.settings.set('g', 'blocked', id);
      await say({ ...eva, id }, `the ${overheard} is decided, ${reported}`);
      await fixture.settings.set('g', 'blocked', 'none');
      fixture.linkOpener.link.present.pop();
    },
    isUnwritten: true,
    barred: nobodyMay,
  },
  'what is said while paused': {
    act: async ({ fixture, say }) => {
      fixture.hearing.pause('g');
      await say(eva, `the ${overheard} is decided, ${reported}`);
      fixture.hearing.resume('g');
    },
    isUnwritten: true,
    barred: nobodyMay,
  },
  'what is taken back by a no': {
    settings: { catch_up: 'on' },
    act: async (setup) => {
      await converse(setup);
      await asked(setup, eva, 'What did I say?');
      await setup.fixture.privacy.deny('g', 'eva');
      await setup.fixture.privacy.allow('g', 'eva');
    },
    barred: { [overheard]: everybody, [reported]: [] },
  },
  'what is erased': {
    settings: { catch_up: 'on' },
    act: async (setup) => {
      await converse(setup);
      await asked(setup, eva, 'What did I say?');
      await setup.fixture.privacy.forget('g', 'eva');
      await setup.fixture.privacy.allow('g', 'eva');
    },
    barred: { [overheard]: everybody, [reported]: [] },
  },
  'what is kept no more': {
    settings: { catch_up: 'on' },
    act: async (setup) => {
      const { clock, cleanup, captions } = setup.fixture;
      await setup.say(eva, `the ${overheard} is decided, ${reported}`);
      await captions.turnOff('g');
      clock.setWall(eightDaysMs);
      await cleanup.expire();
      await turnOn(setup.fixture);
    },
    barred: nobodyMay,
    staysInChats: true,
  },
};

/** Another run of the bot over the same stores, with these people there. */
type Reopen = (people: readonly ChannelMember[]) => Promise<Narration>;

/** Events between the words and the questions. */
const times: Readonly<Record<string, (setup: Narration, reopen: Reopen) => Promise<Narration>>> = {
  now: async (setup) => setup,
  'after somebody came': async (setup) => {
    setup.fixture.linkOpener.link.present.push(ben);
    await pass(setup.fixture, 2_000);
    return setup;
  },
  'after a move to where they sit': async (setup) => {
    setup.fixture.linkOpener.people.splice(0, 9, adam, eva, ben);
    setup.fixture.sessions.news('g', { kind: 'moved', channelId: den.channelId });
    await pass(setup.fixture, 3_000);
    return setup;
  },
  'after captions went on in another place': async (setup) => {
    const { fixture } = setup;
    await fixture.captions.turnOff('g');
    await fixture.settings.set('g', 'catch_up', 'on');
    await fixture.settings.set('g', 'captions_channel', '123456789012345678');
    void fixture.captions.turnOn('g', {});
    await pass(fixture, 4_000);
    fixture.linkOpener.link.present.push(ben);
    await pass(fixture, 2_000);
    return setup;
  },
  'after a restart': async ({ fixture }, reopen) => {
    await fixture.sessions.leave('g');
    await pass(fixture, 1_000);
    return await reopen(everybody);
  },
};

/** All through which somebody may learn by themselves, or with those who sit there, what was said. */
async function doorsOf(
  setup: Narration,
  reader: ChannelMember,
): Promise<Readonly<Record<string, string>>> {
  const { fixture, chat } = setup;
  const [promptsBefore, writtenBefore] = [chat.prompts.length, fixture.written.length];
  const aloud = await asked(setup, reader, 'What did you tell them?');
  const quoted = await asked(setup, reader, 'What was decided?');
  const typed = await fixture.talk.ask('g', 'What did you tell them?', reader, 'text');
  const written = typed.kind === 'answered' ? typed.text.textFor(peopleReading([reader.id])) : '';
  return {
    'the answer to them': aloud.read,
    'what is said to them': aloud.spoken,
    'lines for them': quoted.read,
    'lines that are said': quoted.spoken,
    'an answer in writing': `${written}`,
    'lines that they ask for aloud': await linesAloud(setup, reader),
    'what is remembered for them': await remembered(setup, reader),
    ...(await transcriptDoors(setup, reader)),
    'what a model is shown': chat.prompts.slice(promptsBefore).join(),
    'what is written in the chat': fixture.written.slice(writtenBefore).join(),
  };
}

async function linesAloud(
  { fixture, synthesizer }: Narration,
  reader: ChannelMember,
): Promise<string> {
  const before = synthesizer.asked.length;
  const question = { question: 'decided', about: 'all', isAloud: true };
  const found = await passUntil(fixture, fixture.transcriptFor.ask('g', reader, question));
  return JSON.stringify([found, synthesizer.asked.slice(before)]);
}

/** Nobody presses Confirm: who does gives it to the server. */
async function remembered(setup: Narration, reader: ChannelMember): Promise<string> {
  const answer = await asked(setup, reader, 'Remember that.');
  const memories = await setup.fixture.dependencies.transcripts.onDisk.memories.list('g');
  return JSON.stringify([answer, memories]);
}

/** Data of transcripts that is for one person alone. One after the other: of a person one thing is written at once. */
async function transcriptDoors(
  { fixture: { clock, privacy, transcriptFor } }: Narration,
  reader: ChannelMember,
): Promise<Readonly<Record<string, string>>> {
  const { id } = reader;
  const date = new Date(clock.wallMs()).toISOString().slice(0, 10);
  const formats = ['txt', 'srt', 'json'] as const;
  const doors = {
    ...Object.fromEntries(
      formats.map((format) => [format, () => transcriptFor.file('g', id, { format })]),
    ),
    'a list of sessions': () => transcriptFor.sessions('g', id),
    'a search': () => transcriptFor.find('g', id, 'decided'),
    ...Object.fromEntries(
      ['this', 'all', date].map((about) => [
        `a question about ${about === date ? 'a day' : about}`,
        () => transcriptFor.ask('g', reader, { question: 'decided', about }),
      ]),
    ),
    'a recap': () => transcriptFor.recap('g', reader, { since: 'start' }),
    'a recap since they came': () => transcriptFor.recap('g', reader, { since: 'i came' }),
    'a recap of what they missed': () =>
      transcriptFor.recap('g', reader, { since: 'start', until: 'i came' }),
    'all that is kept of them': () => privacy.export('g', id),
  };
  const opened: Record<string, string> = {};
  for (const [door, open] of Object.entries(doors)) opened[door] = JSON.stringify(await open());
  return opened;
}

/** Doors through which none of it comes to whom sat there all the time. */
const withoutWords = [
  'a list of sessions',
  'a recap of what they missed',
  'what is written in the chat',
];

/** Texts that captions show, or have ever shown where they were to show nothing. */
function chatsOf(
  { fixture: { captionChats } }: Narration,
  { isUnwritten }: Rule,
): Readonly<Record<string, string>> {
  const shown = [...captionChats.chats].map(
    ([id, { texts, desired }]) => [id, JSON.stringify(isUnwritten ? desired : texts)] as const,
  );
  return Object.fromEntries(shown);
}

/** People there for whom a search does not find what is said then, which all of them may know: doors of theirs prove nothing. */
async function blindOnes({ fixture, say }: Narration): Promise<readonly string[]> {
  void fixture.captions.turnOn('g', {});
  await pass(fixture, 2_000);
  await say(adam, 'we meet at eight');
  const blind: string[] = [];
  for (const { id } of fixture.linkOpener.link.present) {
    const found = await fixture.transcriptFor.find('g', id, 'eight');
    if (!JSON.stringify(found).includes('we meet at eight')) blind.push(id);
  }
  return blind;
}

/** Doors through which one of these words came. */
function openTo(
  words: readonly PlantedWord[],
  found: Readonly<Record<string, string>>,
): readonly string[] {
  const isOpen = (text: string) => words.some((word) => text.includes(word));
  return Object.entries(found).flatMap(([door, text]) => (isOpen(text) ? [door] : []));
}

/** State after `rule.act`, over stores in a new place. */
async function act(rule: Rule, reopen: Reopen): Promise<Narration> {
  const setup = await reopen([adam, eva]);
  for (const [key, value] of Object.entries(rule.settings ?? {}))
    await setup.fixture.settings.set('g', key, value);
  await turnOn(setup.fixture);
  await rule.act(setup);
  return setup;
}

/** Each rule at each of the times, through every door. */
export function atAllTimes(storesIn: StorePlace): void {
  const reopenIn = async (stack: AsyncDisposableStack): Promise<Reopen> => {
    const openStores = await storesIn(stack);
    return async (people) => {
      const clock = new StoreClock();
      return await openNarration(fixtureStores(await openStores(), clock), people, clock, 2);
    };
  };
  const cells = Object.entries(rules).flatMap(([rule, given]) =>
    Object.entries(times).map(([time, happen]) => ({ rule, given, time, happen })),
  );

  test('what is said is told to those who were there, through every door but those of programs', async () => {
    await using stack = new AsyncDisposableStack();
    const reopen = await reopenIn(stack);
    const setup = await act({ act: converse, barred: newcomers }, reopen);
    const doors = await doorsOf(setup, eva);
    const open = new Set(openTo([overheard, reported], doors));
    expect(Object.keys(doors).filter((door) => !open.has(door))).toEqual(withoutWords);
    expect(
      openTo([overheard, reported], await programDoors(setup.fixture, setup.synthesizer)),
    ).toEqual([]);
  });

  test.each(cells)(
    '$rule is told nobody who may not know it, $time',
    async ({ given, time, happen }) => {
      await using stack = new AsyncDisposableStack();
      const reopen = await reopenIn(stack);
      const setup = await happen(await act(given, reopen), reopen);
      const isRestarted = time === 'after a restart';
      const barred = (isRestarted && given.barredAfterRestart) || given.barred;
      const leaks: Record<string, readonly string[]> = {};
      for (const reader of everybody) {
        const words = ([overheard, reported] as const).filter((word) =>
          barred[word].includes(reader),
        );
        if (words.length > 0) leaks[reader.id] = openTo(words, await doorsOf(setup, reader));
      }
      leaks.programs = openTo(
        [overheard, reported],
        await programDoors(setup.fixture, setup.synthesizer),
      );
      const isErased = (word: PlantedWord) =>
        !given.staysInChats && given.barred[word].length === everybody.length;
      leaks.chats = openTo([overheard, reported].filter(isErased), chatsOf(setup, given));
      expect(await blindOnes(setup)).toEqual([]);
      expect(leaks).toEqual(Object.fromEntries(Object.keys(leaks).map((who) => [who, []])));
    },
  );
}
