import { type ChannelId, toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import type { Public } from '#src/base/public.ts';
import { ProgramAnswers } from '#src/features/typed/program-answers.ts';
import type { TypedRequests } from '#src/features/typed/typed-requests.ts';
import type { AnswerForm } from '#src/ports/command-ports.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import { turnCaptionsOn } from '#test/conversation/setup/captioned-session.ts';
import {
  askQuestion,
  ben,
  holdConversation,
  type Narration,
  openNarration,
  overheard,
  type PlantedWord,
  passUntil,
  reported,
} from '#test/conversation/setup/narration.ts';
import {
  adam,
  den,
  eva,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import {
  openSqlitePlace,
  StoreClock,
  toFixtureStores,
} from '#test/conversation/setup/stores-on-disk.ts';
import type { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { openDeeply } from '#test/fakes/opened-replies.ts';
import { makeProgramPorts, openApi, openLoopback } from '#test/web/api/api-setup.ts';

/** Data that a program gets over HTTP, by the door through which it comes. */
async function programDoors(fixture: SessionFixture, synthesizer: FakeSynthesizer) {
  const { dependencies, sessions, talk, transcriptFor } = fixture;
  const { signal } = new AbortController();
  const answers = new ProgramAnswers(
    dependencies,
    sessions.settings,
    dependencies.recordings,
    signal,
  );
  let arrived = Promise.withResolvers<void>();
  const asking: Pick<Public<TypedRequests>, 'askQuestion'> = {
    askQuestion: (...all) => {
      arrived.resolve();
      return talk.askQuestion(...all);
    },
  };
  const answering: Public<ProgramAnswers> = {
    listPipelines: (guildId) => answers.listPipelines(guildId),
    keptWords: answers.keptWords,
    answerQuestion: (...all) => {
      arrived.resolve();
      return answers.answerQuestion(...all);
    },
    openSpeech: (...all) => answers.openSpeech(...all),
  };
  const ports = makeProgramPorts({
    ...asking,
    more: { programAnswers: answering, transcripts: transcriptFor },
  });
  await using api = await openApi(ports);
  await using server = await openLoopback(api.app);
  await api.add('bell', { guildId: toGuildId('g') });
  const headers = { authorization: 'Bearer bell', 'content-type': 'application/json' };
  const readPath = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${server.url}/v1/${path}`, { headers, ...init });
    return `${response.status} ${await response.text()}`;
  };
  const postBody = async (path: string, body: object) => {
    arrived = Promise.withResolvers();
    const answer = readPath(path, { method: 'POST', body: JSON.stringify(body) });
    await Promise.race([arrived.promise, answer]);
    await passUntil(fixture, answer);
    return await answer;
  };
  const askServer = (question: string, answer: AnswerForm) =>
    postBody('servers/g/ask', { question, answer });
  const countBefore = synthesizer.asked.length;
  const heard = {
    'an answer to a program': await askServer('What did you hear?', 'voice'),
    'lines for a program': await askServer('What was decided?', 'voice'),
  };
  const spoken = JSON.stringify(synthesizer.asked.slice(countBefore));
  const messages = [{ role: 'user', content: 'What did you hear?' }];
  const answered = {
    ...heard,
    'an answer to a program in writing': await askServer('What did you hear?', 'text'),
    'a completion': await postBody('chat/completions', { model: 'chained', messages }),
  };
  for (const answer of Object.values(answered))
    expect(answer).toMatch(/^200 .*(I know nothing|I found nothing)/);
  return {
    ...answered,
    'answers to a program, said': spoken,
    'transcripts for a program': await readPath('servers/g/transcripts'),
    'a transcript for a program': await readPath('servers/g/transcripts/last'),
  };
}

/** Who must not know which of the two words, of people who may open the Lounge. Ben may not. */
type BarredReaders = { readonly [Word in PlantedWord]: readonly ChannelMember[] };

type Rule = {
  readonly settings?: Readonly<Record<string, string>>;
  /** Says the words under this rule, with Adam and Eva there and captions on. */
  readonly performAct: (setup: Narration) => Promise<unknown>;
  readonly barred: BarredReaders;
  /** Not even captions have shown what Eva said beside the bot. */
  readonly isUnwritten?: true;
  /** Its message goes later, at the pace of Discord: `test/features/captions/session-captions.test.ts`. */
  readonly staysInChats?: true;
  /** Same as `barred`, where captions and the conversation ended with the former run of the bot. */
  readonly barredAfterRestart?: BarredReaders;
};

const words = [overheard, reported] as const;
const insiders = [adam, eva];
const everybody = [...insiders, ben];
const allMay: BarredReaders = { [overheard]: [], [reported]: [] };
const nobodyMay: BarredReaders = { [overheard]: insiders, [reported]: insiders };
/** Words that are heard and answered without being written: the conversation has them, and captions have not. */
const unwritten: BarredReaders = { [overheard]: insiders, [reported]: [] };
/** Times at which words that nothing holds could yet come out, from a store or a prompt of before. */
const lasting = ['now', 'after a restart'];
const eightDaysMs = 8 * 24 * 60 * 60_000;

/** Eva says one word beside the bot and the other to it. */
async function saidByEva(setup: Narration) {
  await setup.say(eva, `the ${overheard} is decided`);
  await askQuestion(setup, eva, `Mind the ${reported}.`);
}

const rules: Readonly<Record<string, Rule>> = {
  'what is said': { performAct: holdConversation, barred: allMay },
  'what is said where nothing is kept': {
    settings: { captions_days: '0' },
    performAct: holdConversation,
    barred: allMay,
    barredAfterRestart: nobodyMay,
  },
  'what somebody says who is left out': {
    performAct: async (setup) => {
      await setup.fixture.captions.setLeftOut(toGuildId('g'), toPersonId('eva'), true);
      await saidByEva(setup);
      await setup.fixture.captions.setLeftOut(toGuildId('g'), toPersonId('eva'), false);
    },
    isUnwritten: true,
    barred: unwritten,
    barredAfterRestart: nobodyMay,
  },
  'what is said while captions are off': {
    performAct: async (setup) => {
      await setup.fixture.captions.turnOff(toGuildId('g'));
      await saidByEva(setup);
      await turnCaptionsOn(setup.fixture);
    },
    isUnwritten: true,
    barred: unwritten,
    barredAfterRestart: nobodyMay,
  },
  'what somebody says before their yes': {
    performAct: async ({ fixture, say }) => {
      await fixture.privacy.deny(toGuildId('g'), toPersonId('eva'));
      await say(eva, `the ${overheard} is decided, ${reported}`);
      await fixture.privacy.allow(toGuildId('g'), toPersonId('eva'));
    },
    isUnwritten: true,
    barred: nobodyMay,
  },
  'what is taken back by a no': {
    performAct: async (setup) => {
      await saidByEva(setup);
      await setup.fixture.privacy.deny(toGuildId('g'), toPersonId('eva'));
      await setup.fixture.privacy.allow(toGuildId('g'), toPersonId('eva'));
    },
    barred: nobodyMay,
  },
  'what is erased': {
    performAct: async (setup) => {
      await saidByEva(setup);
      await setup.fixture.privacy.forget(toGuildId('g'), toPersonId('eva'));
      await setup.fixture.privacy.allow(toGuildId('g'), toPersonId('eva'));
    },
    barred: nobodyMay,
  },
  'what is kept no more': {
    performAct: async (setup) => {
      const { clock, cleanup, captions } = setup.fixture;
      await setup.say(eva, `the ${overheard} is decided, ${reported}`);
      await captions.turnOff(toGuildId('g'));
      clock.setWall(eightDaysMs);
      await cleanup.expireTranscripts();
      await turnCaptionsOn(setup.fixture);
    },
    barred: nobodyMay,
    staysInChats: true,
  },
};

/** Another run of the bot over the same stores, with these people there. */
type Reopen = (people: readonly ChannelMember[]) => Promise<Narration>;

/** Events between the words and the questions. */
const times: Readonly<
  Record<string, (setup: Narration, reopen: Reopen) => Promise<Narration>>
> = {
  openNow: async (setup) => setup,
  'after a move to another channel': async (setup) => {
    setup.fixture.linkOpener.people.splice(0, 9, ...everybody);
    setup.fixture.sessions.onSeatChange(toGuildId('g'), {
      kind: 'moved',
      channelId: toChannelId(den.channelId),
    });
    await passTime(setup.fixture, 3_000);
    return setup;
  },
  'after captions went on in another place': async (setup) => {
    const { fixture } = setup;
    await fixture.captions.turnOff(toGuildId('g'));
    await fixture.settings.setSetting(
      toGuildId('g'),
      'captions_channel',
      '123456789012345678',
    );
    void fixture.captions.turnOn(toGuildId('g'), {});
    await passTime(fixture, 4_000);
    return setup;
  },
  'after a restart': async ({ fixture }, reopen) => {
    await fixture.sessions.leave(toGuildId('g'));
    await passTime(fixture, 1_000);
    return await reopen(insiders);
  },
};

type Doors = Readonly<Record<string, string>>;

/** Doors into the channel in which the bot sits: its voice, the chat, and the prompts of what it says there. */
async function channelDoors(setup: Narration, reader: ChannelMember) {
  const { fixture, chat } = setup;
  const [promptsBefore, writtenBefore] = [chat.prompts.length, fixture.written.length];
  const aloud = await askQuestion(setup, reader, 'What did you tell them?');
  const quoted = await askQuestion(setup, reader, 'What was decided?');
  return {
    'what it says': aloud.spoken,
    'lines that it says': quoted.spoken,
    'what a model is shown': chat.prompts.slice(promptsBefore).join(),
    'the chat of the channel': fixture.written.slice(writtenBefore).join(),
  };
}

/** Doors to one person alone: private replies, the prompts of these, and their export. */
async function privateDoors(setup: Narration, reader: ChannelMember) {
  const { fixture, chat } = setup;
  const countBefore = chat.prompts.length;
  const question = 'What did you tell them?';
  const typed = await fixture.talk.askQuestion(
    toGuildId('g'),
    question,
    reader,
    'text',
  );
  const mayOpen = (id: ChannelId) =>
    fixture.sessions.canOpen(toGuildId('g'), id, reader.id);
  const answer =
    typed.kind === 'answered'
      ? await typed.text.findForPerson(reader.id, mayOpen)
      : undefined;
  const shownText = chat.prompts.slice(countBefore).join();
  const transcripts = await transcriptDoors(setup, reader);
  return {
    'an answer in writing': `${answer}`,
    'what a model is shown for it': answer === undefined ? '' : shownText,
    ...transcripts,
  };
}

/** A public reply in a text channel, and what a model is shown for it. */
async function publicDoors({ chat, fixture }: Narration, reader: ChannelMember) {
  const countBefore = chat.prompts.length;
  const about = { placeId: toChannelId('general') };
  const typed = await fixture.talk.askQuestion(
    toGuildId('g'),
    'What did you tell them?',
    reader,
    'text',
    about,
  );
  return {
    'a public reply':
      typed.kind === 'answered'
        ? `${typed.text.findForPlace(toChannelId('general'))}`
        : '',
    'what a model is shown for a public reply': chat.prompts.slice(countBefore).join(),
  };
}

/** Nobody presses Confirm: who does gives it to the server. */
async function rememberForServer(setup: Narration, reader: ChannelMember) {
  const answer = await askQuestion(setup, reader, 'Remember that.');
  const memories = await setup.fixture.dependencies.transcripts.onDisk.memories.list(
    toGuildId('g'),
  );
  return JSON.stringify([answer, memories]);
}

/** Data of transcripts that is for one person alone. One after the other: of a person one thing is written at once. */
async function transcriptDoors(
  { fixture: { privacy, sessions, transcriptFor } }: Narration,
  { id }: ChannelMember,
) {
  const reader = {
    personId: id,
    mayOpen: (channelId: ChannelId) => sessions.canOpen(toGuildId('g'), channelId, id),
  };
  const formats = ['txt', 'srt', 'json'] as const;
  const doors = {
    ...Object.fromEntries(
      formats.map((format) => [
        format,
        () => transcriptFor.createFile(toGuildId('g'), id, { format }),
      ]),
    ),
    'a list of sessions': () => transcriptFor.listSessions(toGuildId('g'), id),
    'a search': () => transcriptFor.findLines(toGuildId('g'), id, 'decided'),
    ...Object.fromEntries(
      (['this', 'all'] as const).map((about) => [
        `a question about ${about}`,
        () =>
          transcriptFor.askModel(toGuildId('g'), id, { question: 'decided', about }),
      ]),
    ),
    'a recap': () => transcriptFor.createRecap(toGuildId('g'), id, {}),
    'a recap of what they missed': () =>
      transcriptFor.createRecap(toGuildId('g'), id, { until: 'i came' }),
    'all that is kept of them': () => privacy.exportPerson(toGuildId('g'), id),
  };
  const opened: Record<string, string> = {};
  for (const [door, open] of Object.entries(doors))
    opened[door] = JSON.stringify(await openDeeply(await open(), reader));
  return opened;
}

/** Private doors through which none of it comes to a person who sat there all the time. */
const withoutWords = ['a list of sessions', 'a recap of what they missed'];

/** Texts that captions show, or have ever shown where they were to show nothing. */
function chatsOf({ fixture: { captionChats } }: Narration, { isUnwritten }: Rule) {
  const shown = [...captionChats.chats].map(
    ([id, { texts, desired }]) =>
      [id, JSON.stringify(isUnwritten ? desired : texts)] as const,
  );
  return Object.fromEntries(shown);
}

/** People there for whom a search does not find what is said then, which all of them may know: doors of theirs prove nothing. */
async function blindOnes({ fixture, say }: Narration) {
  void fixture.captions.turnOn(toGuildId('g'), {});
  await passTime(fixture, 2_000);
  await say(adam, 'we meet at eight');
  const blind: string[] = [];
  for (const { id } of fixture.linkOpener.link.present) {
    const foundOutcome = await fixture.transcriptFor.findLines(
      toGuildId('g'),
      id,
      'eight',
    );
    const opened = JSON.stringify(await openDeeply(foundOutcome));
    if (!opened.includes('we meet at eight')) blind.push(id);
  }
  return blind;
}

/** Doors through which one of these words came. */
function openTo(words: readonly PlantedWord[], match: Doors) {
  const isOpen = (text: string) => words.some((word) => text.includes(word));
  return Object.entries(match).flatMap(([door, text]) => (isOpen(text) ? [door] : []));
}

/** Channel doors through which these words came. What a person may know they may give to the server: then its memory proves nothing. */
async function channelLeaks(
  setup: Narration,
  reader: ChannelMember,
  barred: readonly PlantedWord[],
) {
  const doors = await channelDoors(setup, reader);
  const hasMemory = barred.length === words.length;
  const all = hasMemory
    ? { ...doors, 'what it remembers': await rememberForServer(setup, reader) }
    : doors;
  return { [`${reader.id} in the channel`]: openTo(barred, all) };
}

/** State after `rule.act`, over stores in a new place; Ben may open every channel but the Lounge. */
async function performAct(rule: Rule, reopen: Reopen): Promise<Narration> {
  const setup = await reopen(insiders);
  for (const [key, value] of Object.entries(rule.settings ?? {}))
    await setup.fixture.settings.setSetting(toGuildId('g'), key, value);
  await turnCaptionsOn(setup.fixture);
  await rule.performAct(setup);
  return setup;
}

const reopenIn = async (stack: AsyncDisposableStack): Promise<Reopen> => {
  const openStores = await openSqlitePlace(stack);
  return async (people) => {
    const clock = new StoreClock();
    const stores = toFixtureStores(await openStores(), clock);
    const setup = await openNarration(stores, people, clock, 2);
    setup.fixture.captionChats.barred.add('ben lounge');
    return setup;
  };
};
/** Each rule at each of the times, through every door. */
const cells = Object.entries(rules).flatMap(([rule, given]) =>
  Object.entries(times)
    .filter(([time]) => given.barred !== nobodyMay || lasting.includes(time))
    .map(([time, happen]) => ({ rule, given, time, happen })),
);

test('words come out at every door of their channel, also for a person who came later', async () => {
  await using stack = new AsyncDisposableStack();
  const setup = await performAct(
    { performAct: holdConversation, barred: allMay },
    await reopenIn(stack),
  );
  const { fixture } = setup;
  const listOpen = async (doors: Doors) => {
    const through = new Set(openTo(words, doors));
    return Object.keys(doors).filter((door) => !through.has(door));
  };
  expect(await listOpen(await privateDoors(setup, eva))).toEqual(withoutWords);
  expect(await listOpen(await channelDoors(setup, eva))).toEqual([
    'the chat of the channel',
  ]);
  fixture.captionChats.barred.clear();
  fixture.linkOpener.link.present.push(ben);
  await passTime(fixture, 40_000);
  expect(await listOpen(await channelDoors(setup, ben))).toEqual([
    'the chat of the channel',
  ]);
  expect(fixture.written.filter((text) => text.includes('Ben'))).toEqual([]);
});

test.each(cells)(
  '$rule comes out at no door of another channel, person or program, $time',
  async ({ given, time, happen }) => {
    await using stack = new AsyncDisposableStack();
    const reopen = await reopenIn(stack);
    const setup = await happen(await performAct(given, reopen), reopen);
    const { fixture } = setup;
    const isRestarted = time === 'after a restart';
    const barred = (isRestarted && given.barredAfterRestart) || given.barred;
    const isThere = fixture.sessions.at(toGuildId('g'))?.channelId === 'lounge';
    const leaks: Record<string, readonly string[]> = {};
    for (const reader of everybody) {
      const kept = words.filter(
        (word) => reader === ben || barred[word].includes(reader),
      );
      leaks[`${reader.id} alone`] = openTo(kept, await privateDoors(setup, reader));
      leaks[`${reader.id} in public`] = openTo(words, await publicDoors(setup, reader));
      const here = isThere ? words.filter((word) => barred[word].length > 0) : words;
      if (!isThere || reader !== ben)
        Object.assign(leaks, await channelLeaks(setup, reader, here));
    }
    leaks.programs = openTo(words, await programDoors(fixture, setup.synthesizer));
    const isErased = (word: PlantedWord) =>
      !given.staysInChats && given.barred[word].length > 0;
    leaks.chats = openTo(words.filter(isErased), chatsOf(setup, given));
    expect(await blindOnes(setup)).toEqual([]);
    expect(leaks).toEqual(
      Object.fromEntries(Object.keys(leaks).map((who) => [who, []])),
    );
  },
);
