import { expect, test } from 'vitest';
import type { ChatMessage, ChatModel, ChatPart, Tool } from '#src/chat/ports.ts';
import { chained } from '#src/pipeline/chained.ts';
import type { ChannelMember } from '#src/session/ports/voice-link.ts';
import { withPostgres } from '#test/fakes/postgres.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';
import { kept, turnOn } from '#test/session/setup/captioned.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
  words,
} from '#test/session/setup/session-fixture.ts';
import {
  fixtureStores,
  type OpenStores,
  postgresIn,
  StoreClock,
  type StorePlace,
  sqliteIn,
} from '#test/session/setup/stores-on-disk.ts';
import { tools } from '#tools/tools.ts';

/** A word that only one sentence holds. */
const canary = 'quagga';
const ben: ChannelMember = { id: 'ben', name: 'Ben', isBot: false, roleIds: [] };

/** A model that tells whatever it was shown: it cites every line, looks up whatever it may, and remembers it. */
class TellingModel implements ChatModel {
  readonly prompts: string[] = [];

  async *reply(
    messages: readonly ChatMessage[],
    offered: readonly Tool[],
  ): AsyncGenerator<ChatPart> {
    const shown = JSON.stringify(messages);
    this.prompts.push(shown);
    const told = shown.includes(canary) ? canary : 'nothing';
    const isFirst = !messages.some(({ role }) => role === 'tool');
    const call = (name: string, given: object): ChatPart => {
      return { kind: 'tool', call: { id: 'c', name, argumentsJson: JSON.stringify(given) } };
    };
    const may = (name: string) => isFirst && offered.some((tool) => tool.name === name);
    const isMemory = /Remember/.test(`${messages.at(-1)?.content}`);
    if (isMemory && may('remember')) yield call('remember', { text: `At eight: ${told}.` });
    else if (!isMemory && may('find_in_captions'))
      yield call('find_in_captions', { question: 'When is eight?', about: 'all' });
    else yield { kind: 'text', text: `[1] [2] [3]\npoint [1] [2] [3] It says ${told}.` };
  }
}

/** Somebody says something, understood as `text`. */
type Say = (who: ChannelMember, text: string) => Promise<void>;

type Rule = {
  /** Who must not know, of those there. */
  readonly viewers: readonly ChannelMember[];
  /** The word is not even kept or shown. */
  readonly isUnwritten: boolean;
  readonly settings?: Readonly<Record<string, string>>;
  /** Says the canary under this rule. */
  readonly act: (fixture: SessionFixture, say: Say) => Promise<unknown>;
};

const sentence = `${canary} at eight`;
const everybody = [adam, eva, ben];

const rules: Readonly<Record<string, Rule>> = {
  'what was said before they came, without catch_up': {
    viewers: [ben],
    isUnwritten: false,
    settings: { catch_up: 'off' },
    act: (_, say) => say(adam, sentence),
  },
  'what was said before they came, where they may not open the place': {
    viewers: [ben],
    isUnwritten: false,
    act: (fixture, say) => {
      fixture.captionChats.barred.add('ben');
      return say(adam, sentence);
    },
  },
  'what somebody says who is left out': {
    viewers: everybody,
    isUnwritten: true,
    act: async (fixture, say) => {
      await fixture.captions.leaveOut('g', 'eva', true);
      await say(eva, sentence);
      await fixture.captions.leaveOut('g', 'eva', false);
    },
  },
  'what somebody says before their yes': {
    viewers: everybody,
    isUnwritten: true,
    act: async (fixture, say) => {
      await fixture.privacy.deny('g', 'eva');
      await say(eva, sentence);
      await fixture.privacy.allow('g', 'eva', 'always');
    },
  },
  'what is said while paused': {
    viewers: everybody,
    isUnwritten: true,
    act: async (fixture, say) => {
      fixture.hearing.pause('g');
      await say(adam, sentence);
      fixture.hearing.resume('g');
    },
  },
  'what is said while captions are off': {
    viewers: everybody,
    isUnwritten: true,
    act: async (fixture, say) => {
      await fixture.captions.turnOff('g');
      await say(adam, sentence);
      await turnOn(fixture);
    },
  },
};

/** Adam and Eva talk with captions on, then Ben comes in, and all three hear one more sentence. */
async function talked({ settings = {}, act }: Rule, openStores: OpenStores) {
  const clock = new StoreClock();
  const stores = fixtureStores(await openStores(), clock);
  const chat = new TellingModel();
  const synthesizer = new FakeSynthesizer({ pieces: 2 });
  let said = '';
  const transcriber = new FakeTranscriber({ texts: () => said });
  const pipeline = chained({ chat, synthesizer });
  const engines = { chat, pipeline, synthesizer, transcriber };
  const parts = { ...engines, ...stores, tools, addressing: 'off' } as const;
  const fixture = openSessionFixture(parts, [adam, eva], clock);
  for (const [key, value] of Object.entries({ memory: 'on', ...settings }))
    await fixture.settings.set('g', key, value);
  await fixture.sessions.join(lounge, 'adam');
  for (const { id } of everybody) await fixture.privacy.allow('g', id, 'always');
  await pass(fixture, 100);
  await turnOn(fixture);
  const say: Say = async (who, text) => {
    said = text;
    await pass(fixture, 4_000, await words('human-goforward', who, clock.nowMs()));
  };
  await act(fixture, say);
  fixture.linkOpener.link.present.push(ben);
  await pass(fixture, 1_000);
  await say(adam, 'we meet at eight');
  return { fixture, chat, synthesizer };
}

/** All that comes out for one person alone, by the door through which it comes. */
async function privately({ clock, transcriptFor }: SessionFixture, viewer: ChannelMember) {
  const date = new Date(clock.wallMs()).toISOString().slice(0, 10);
  const { id } = viewer;
  const formats = ['md', 'txt', 'srt', 'vtt', 'json'] as const;
  const files = formats.map(
    (format) => [format, () => transcriptFor.file('g', id, { format })] as const,
  );
  const asks = ['this', 'all', date].map(
    (about) =>
      [
        `ask ${about === date ? 'a date' : about}`,
        () => transcriptFor.ask('g', viewer, { question: 'eight', about }),
      ] as const,
  );
  const recaps = [
    ['recap', () => transcriptFor.recap('g', viewer, { since: 'start' })],
    ['recap since they came', () => transcriptFor.recap('g', viewer, { since: 'i came' })],
    ['missed', () => transcriptFor.recap('g', viewer, { since: 'start', until: 'i came' })],
  ] as const;
  const doors = [
    ...files,
    ['find', () => transcriptFor.find('g', id, 'eight')] as const,
    ...asks,
    ...recaps,
  ];
  const opened = new Map<string, string>();
  // One after the other: of a person one thing is written at once.
  for (const [door, open] of doors) opened.set(door, JSON.stringify(await open()));
  return opened;
}

/** All that comes out where everybody there hears or reads it, when Adam asks. */
async function publicly({ fixture, chat, synthesizer }: Awaited<ReturnType<typeof talked>>) {
  const [spokenBefore, promptsBefore] = [synthesizer.asked.length, chat.prompts.length];
  const spoken = () => JSON.stringify(synthesizer.asked.slice(spokenBefore));
  const asked = { question: 'eight', about: 'all', isAloud: true } as const;
  void fixture.talk.ask('g', 'What was said?', adam, 'voice');
  await pass(fixture, 5_000);
  const [answer, context] = [spoken(), JSON.stringify(chat.prompts.slice(promptsBefore))];
  await fixture.transcriptFor.ask('g', adam, asked);
  await pass(fixture, 5_000);
  const quoted = spoken().slice(answer.length);
  void fixture.talk.ask('g', 'Remember that.', adam, 'voice');
  await pass(fixture, 5_000);
  const button = fixture.offered.at(-1)?.slice(13);
  if (button) await fixture.confirmations.confirm('g', button, 'adam');
  await pass(fixture, 500);
  const memory = JSON.stringify([
    await fixture.dependencies.transcripts.onDisk.memories.list('g'),
    fixture.written,
  ]);
  return new Map([
    ['context', context],
    ['answer', answer],
    ['ask aloud', quoted],
    ['memory', memory],
  ]);
}

const open = (doors: ReadonlyMap<string, string>) =>
  [...doors].filter(([, words]) => words.includes(canary)).map(([door]) => door);

/** Each rule over stores there. */
function throughNoDoor(storesIn: StorePlace): void {
  test('what everybody may know comes through every door but that of memories', async () => {
    await using stack = new AsyncDisposableStack();
    const act: Rule['act'] = (_, say) => say(adam, sentence);
    const setup = await talked(
      { viewers: everybody, isUnwritten: false, act },
      await storesIn(stack),
    );
    const alone = await privately(setup.fixture, ben);
    expect(open(alone)).toEqual(
      [...alone.keys()].filter((door) => door !== 'recap since they came'),
    );
    expect(open(await publicly(setup))).toEqual(['context', 'answer', 'ask aloud']);
    expect(JSON.stringify(await kept(setup.fixture))).toContain(canary);
  });

  test.each(Object.entries(rules))('%s comes through no door', async (_name, rule) => {
    await using stack = new AsyncDisposableStack();
    const setup = await talked(rule, await storesIn(stack));
    const { fixture, chat } = setup;
    for (const viewer of rule.viewers) {
      const doors = await privately(fixture, viewer);
      expect(open(doors)).toEqual([]);
      doors.delete('missed');
      for (const words of doors.values()) expect(words).toMatch(/we meet at eight|It says/);
    }
    const doors = await publicly(setup);
    expect(open(doors)).toEqual([]);
    expect(doors.get('ask aloud')).toContain('we meet at eight');
    expect(chat.prompts.join()).not.toContain(canary);
    if (!rule.isUnwritten) return;
    expect(JSON.stringify(fixture.captionChats.chat.wishes)).not.toContain(canary);
    expect(JSON.stringify(await kept(fixture))).not.toContain(canary);
  });
}

throughNoDoor(sqliteIn);
withPostgres(() => throughNoDoor(postgresIn));
