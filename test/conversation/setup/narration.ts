import { BotError } from '#src/base/errors.ts';
import { type ChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import type { ChatMessage, ChatModel, ChatPart, Tool } from '#src/chat/chat-model.ts';
import { tools } from '#src/features/features.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { turnCaptionsOn } from './captioned-session.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  hearSpeech,
  lounge,
  openSessionFixture,
  passTime,
  type SessionFixture,
} from './session-fixture.ts';

/** Words that Eva said to those there, and that Adam said to the bot. */
export const [overheard, reported] = ['quagga', 'axolotl'] as const;
export type PlantedWord = typeof overheard | typeof reported;
export const ben: ChannelMember = {
  id: toPersonId('ben'),
  name: 'Ben',
  isBot: false,
  roleIds: [],
};

/**
 * A model that looks captions up when it is asked for a decision, has remembered what it was shown when it is asked to, cites
 * every line, and else says whatever it was shown.
 */
class NarratingModel implements ChatModel {
  readonly #clock;
  /** Messages of each request, without the last question. */
  readonly prompts: string[] = [];
  /** Time, in ms, before what it says, and how often it says it. */
  pace = { waitMs: 0, times: 1 };

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  async *reply(
    messages: readonly ChatMessage[],
    offered: readonly Tool[],
    signal: AbortSignal,
  ): AsyncGenerator<ChatPart> {
    const { times, waitMs } = this.pace;
    if (waitMs > 0) await this.#clock.sleep(waitMs, signal);
    const isFirst = !messages.some(({ role }) => role === 'tool');
    const question = `${messages.at(-1)?.content}`;
    const isOffered = (tool: string) =>
      isFirst && offered.some(({ name }) => name === tool);
    const isRecap = JSON.stringify(messages).includes('Reply with JSON only');
    const shownText = JSON.stringify(
      isFirst && !isRecap ? messages.slice(0, -1) : messages,
    );
    this.prompts.push(shownText);
    const what =
      [overheard, reported].filter((word) => shownText.includes(word)).join(' and ') ||
      'nothing';
    const makeCallPart = (name: string, fields: object): ChatPart => {
      return {
        kind: 'tool',
        call: { id: 'c', name, argumentsJson: JSON.stringify(fields) },
      };
    };
    if (/decided/.test(question) && isOffered('find_in_captions'))
      yield makeCallPart('find_in_captions', {
        question: 'What is decided?',
        about: 'all',
      });
    else if (/Remember/.test(question) && isOffered('remember'))
      yield makeCallPart('remember', { text: `At eight: ${what}.` });
    else if (isRecap)
      yield { kind: 'text', text: makeRecap(question, `It is ${what}.`) };
    else {
      const rest = Array.from(
        { length: times - 1 },
        (_, n) => ` Number ${n} is ${what}.`,
      );
      yield { kind: 'text', text: `[1] [2] I know ${what}.${rest.join('')}` };
    }
  }
}

/** A point that rests on the first three lines of a request. */
function makeRecap(request: string, text: string) {
  const rows = request.matchAll(/^\[(\d+)\] (?:\S+ )?\d\d:\d\d [^:]*: (.*)$/gm);
  const lines = [...rows].map(([, line, words]) => ({ line: Number(line), words }));
  return JSON.stringify({
    points: [{ kind: 'point', text, lines: lines.slice(0, 3) }],
  });
}

/** Adam and Eva in the lounge. */
export async function openNarration(
  options: FixtureOptions = {},
  people: readonly ChannelMember[] = [adam, eva],
  clock = new VirtualClock(),
  pieces = 25,
) {
  const chat = new NarratingModel(clock);
  const voice = { isOut: false };
  const error = new BotError('provider.unreachable', true, 'Gone.', undefined, 'speak');
  const findFault = () => (voice.isOut ? { afterPieces: 0, error } : undefined);
  const synthesizer = new FakeSynthesizer({ pieces, fault: findFault });
  let utterance = '';
  const transcriber = new FakeTranscriber({ texts: () => utterance });
  const deps = { chat, synthesizer, transcriber, tools, addressing: 'off' } as const;
  const fixture = openSessionFixture({ ...deps, ...options }, people, clock);
  await fixture.settings.setSetting(toGuildId('g'), 'memory', 'on');
  await fixture.sessions.join(lounge, toPersonId('adam'));
  for (const { id } of [adam, eva, ben])
    await fixture.privacy.allow(toGuildId('g'), id);
  await passTime(fixture, 100);
  const saySaying = async (who: ChannelMember, text: string) => {
    utterance = text;
    await hearSpeech(fixture, 4_000, 'human-goforward', who);
  };
  return { fixture, synthesizer, say: saySaying, voice, chat };
}

export type Narration = Awaited<ReturnType<typeof openNarration>>;

/** Captions are on, and Adam and Eva have talked. */
export async function talkForAWhile(setup: Narration): Promise<Narration> {
  await turnCaptionsOn(setup.fixture);
  await holdConversation(setup);
  return setup;
}

/** Eva says something beside the bot, Adam says something to it, and it quotes Eva. */
export async function holdConversation(setup: Narration) {
  await setup.say(eva, `the ${overheard} is decided`);
  await askQuestion(setup, adam, `Mind the ${reported}.`);
  await askQuestion(setup, adam, 'What was decided?');
}

/** Narrated words in the answer to a spoken question, as its asker reads it and as it is said. */
export async function askQuestion(
  { fixture, synthesizer }: Narration,
  who: ChannelMember,
  question: string,
) {
  const countBefore = synthesizer.asked.length;
  const outcome = await passUntil(
    fixture,
    fixture.talk.askQuestion(toGuildId('g'), question, who, 'voice'),
  );
  const mayOpen = (id: ChannelId) =>
    fixture.sessions.canOpen(toGuildId('g'), id, who.id);
  const read =
    outcome?.kind === 'answered'
      ? await outcome.text.findForPerson(who.id, mayOpen)
      : undefined;
  return {
    read: `${read}`,
    spoken: JSON.stringify(synthesizer.asked.slice(countBefore)),
  };
}

/** Lets time pass until this has come, and what is said about it is said; undefined where it does not come in 8 s. */
export async function passUntil<T>(fixture: SessionFixture, coming: Promise<T>) {
  let match: { readonly value: T } | undefined;
  void coming.then((value) => {
    match = { value };
  });
  const { link } = fixture.linkOpener;
  let before = -1;
  for (let passedMs = 0; passedMs < 8_000; passedMs += 300) {
    await passTime(fixture, 300);
    if (match && before === link.sent) break;
    before = link.sent;
  }
  return match?.value;
}
