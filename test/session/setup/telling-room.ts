import { BotError } from '#src/base/errors.ts';
import type { ChatMessage, ChatModel, ChatPart, Tool } from '#src/chat/ports.ts';
import { peopleReading } from '#src/people/confidential-text.ts';
import { chained } from '#src/pipeline/chained.ts';
import type { AskOutcome } from '#src/session/ports/command-ports.ts';
import type { ChannelMember } from '#src/session/ports/voice-link.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';
import { tools } from '#tools/tools.ts';
import { turnOn } from './captioned.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  lounge,
  openSessionFixture,
  pass,
  words,
} from './session-fixture.ts';

/** Words that Eva said to those there, and that Adam said to the bot. */
export const [overheard, told] = ['quagga', 'axolotl'];
export const ben: ChannelMember = { id: 'ben', name: 'Ben', isBot: false, roleIds: [] };

/** A model that looks captions up when it is asked for a decision, and else says whatever it was shown. */
class TellingModel implements ChatModel {
  readonly #clock: VirtualClock;
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
    const isDecision = /decided/.test(`${messages.at(-1)?.content}`);
    const may = offered.some(({ name }) => name === 'find_in_captions');
    const shown = JSON.stringify(messages.slice(0, -1));
    const known = [overheard, told].filter((word) => shown.includes(word));
    const argumentsJson = JSON.stringify({ question: 'What is decided?', about: 'all' });
    if (isFirst && isDecision && may)
      yield { kind: 'tool', call: { id: 'c', name: 'find_in_captions', argumentsJson } };
    else {
      const what = known.join(' and ') || 'nothing';
      const rest = Array.from({ length: times - 1 }, (_, n) => ` Number ${n} is ${what}.`);
      yield { kind: 'text', text: `[1] I know ${what}.${rest.join('')}` };
    }
  }
}

/** Adam and Eva in the lounge; without `catch_up` only they may know what is said. */
export async function openTelling(
  options: FixtureOptions = {},
  people: readonly ChannelMember[] = [adam, eva],
  clock = new VirtualClock(),
) {
  const chat = new TellingModel(clock);
  const voice = { isOut: false };
  const error = new BotError('provider.unreachable', true, 'Gone.', undefined, 'speak');
  const fault = () => (voice.isOut ? { afterPieces: 0, error } : undefined);
  const synthesizer = new FakeSynthesizer({ pieces: 25, fault });
  let said = '';
  const transcriber = new FakeTranscriber({ texts: () => said });
  const pipeline = chained({ chat, synthesizer });
  const parts = { chat, pipeline, synthesizer, transcriber, tools, addressing: 'off' } as const;
  const fixture = openSessionFixture({ ...parts, ...options }, people, clock);
  await fixture.settings.set('g', 'catch_up', 'off');
  await fixture.sessions.join(lounge, 'adam');
  for (const { id } of [adam, eva, ben]) await fixture.privacy.allow('g', id, 'always');
  await pass(fixture, 100);
  const say = async (who: ChannelMember, text: string) => {
    said = text;
    await pass(fixture, 4_000, await words('human-goforward', who, clock.nowMs()));
  };
  return { fixture, synthesizer, say, voice, chat };
}

export type TellingScene = Awaited<ReturnType<typeof openTelling>>;

/** Eva says something beside the bot, Adam says something to it, and it quotes Eva. */
export async function talked(scene: TellingScene): Promise<TellingScene> {
  const { fixture, say } = scene;
  await turnOn(fixture);
  await say(eva, `the ${overheard} is decided`);
  await asked(scene, adam, `Mind the ${told}.`);
  await asked(scene, adam, 'What was decided?');
  return scene;
}

/** What of both words is in the answer to a question that is asked aloud, as its asker reads it and as it is said. */
export async function asked(
  { fixture, synthesizer }: TellingScene,
  who: ChannelMember,
  question: string,
) {
  const before = synthesizer.asked.length;
  let outcome: AskOutcome | undefined;
  void fixture.talk.ask('g', question, who, 'voice').then((one) => {
    outcome = one;
  });
  await pass(fixture, 8_000);
  const read =
    outcome?.kind === 'answered' ? outcome.text.textFor(peopleReading([who.id])) : undefined;
  return { read: `${read}`, spoken: JSON.stringify(synthesizer.asked.slice(before)) };
}
