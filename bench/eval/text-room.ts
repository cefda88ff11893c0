import {
  type BenchChannel,
  greetedMs,
  listPeople,
  movePerson,
  openBenchChannel,
  passUntil,
  sayText,
  type TimedEvent,
} from '#bench/manners/bench-channel.ts';
import { realClock } from '#src/base/clock.ts';
import { type PersonId, toPersonId } from '#src/base/ids.ts';
import type { ChatModel, ChatPart } from '#src/chat/chat-model.ts';
import { tools } from '#src/features/features.ts';
import { NgramLanguageDetector } from '#src/speech/text-language/spoken-form.ts';
import type { VirtualClock } from '#test/fakes/virtual-clock.ts';
import type { EvalLine, EvalScene } from './eval-scene.ts';
import type { EvalSetup } from './eval-setup.ts';
import type { EvalRoom, SpeechTime } from './scene-player.ts';

const neverAborted = new AbortController().signal;

/** Opens the real session on virtual time: recordings in place of voices, a recogniser without mistakes, and the operator's chat model. */
export async function openTextRoom(
  scene: EvalScene,
  setup: EvalSetup,
): Promise<EvalRoom> {
  const { config, botName, chat } = setup;
  const languages = new Map<number, string>();
  const models: HeldChatModel[] = [];
  const channel = await openBenchChannel(listPeople(scene.people), undefined, {
    findLanguage: (utterance) => languages.get(utterance),
    waitUntilReady: async () => await models[0]?.waitUntilReady(),
    makeOptions(clock) {
      const model = new HeldChatModel(chat, clock);
      models.push(model);
      return {
        addressing: config.bot.addressing,
        chat: model,
        pipeline: undefined,
        tools,
        names: [botName, ...config.bot.otherNames],
        style: {
          instructions: `${config.bot.instructions} Your name is ${botName}.`,
          voice: {},
        },
        textLanguage: new NgramLanguageDetector(),
      };
    },
  });
  await passUntil(channel, greetedMs);
  return new TextRoom(channel, botName, languages);
}

class TextRoom implements EvalRoom {
  readonly #channel: BenchChannel;
  readonly #botName: string;
  /** Languages by utterance, which the recogniser tells. */
  readonly #languages: Map<number, string>;

  constructor(channel: BenchChannel, botName: string, languages: Map<number, string>) {
    this.#channel = channel;
    this.#botName = botName;
    this.#languages = languages;
  }

  /** Events of the session so far. */
  get events(): readonly TimedEvent[] {
    return this.#channel.events;
  }

  /** Time of the last frame with the bot's voice. -Infinity before the first. */
  get lastSoundMs(): number {
    return this.#channel.lastSound.lastVoiceMs;
  }

  /** Returns the present instant of virtual time. */
  nowMs(): number {
    return this.#channel.clock.nowMs();
  }

  /** Plays recordings of the person with these words. */
  async sayLine(line: EvalLine, fromMs: number): Promise<SpeechTime> {
    const { who, say, language = 'en' } = line;
    const text = say.replaceAll('Nova', this.#botName);
    const utterance = sayText(this.#channel, toSpeakerId(who), text, fromMs);
    this.#languages.set(utterance.id, language);
    return utterance;
  }

  /** Lets virtual time pass. */
  async passUntil(atMs: number): Promise<void> {
    await passUntil(this.#channel, atMs);
  }

  /** Moves a person at once. */
  async movePerson(name: string, isHere: boolean): Promise<void> {
    movePerson(this.#channel, toSpeakerId(name), isHere);
  }

  /** Does nothing: virtual time stands still from now on, and nothing else is open. */
  async [Symbol.asyncDispose](): Promise<void> {}
}

function toSpeakerId(name: string): PersonId {
  return toPersonId(name.toLowerCase());
}

/** A model behind a real server, in virtual time: that stands still while the server works, and then passes as long as it took. */
class HeldChatModel implements Pick<ChatModel, 'reply'> {
  readonly #model: ChatModel;
  readonly #clock: VirtualClock;
  readonly #requests = new Set<Promise<unknown>>();

  constructor(model: ChatModel, clock: VirtualClock) {
    this.#model = model;
    this.#clock = clock;
  }

  /** Waits until no request is under way. */
  async waitUntilReady(): Promise<void> {
    while (this.#requests.size > 0) await Promise.allSettled(this.#requests);
  }

  /** Replies once the whole reply of the server is there. */
  async *reply(...request: Parameters<ChatModel['reply']>): AsyncGenerator<ChatPart> {
    const startedMs = realClock.nowMs();
    const [, , signal = neverAborted] = request;
    const wholeReply = Array.fromAsync(this.#model.reply(...request));
    this.#requests.add(wholeReply);
    const replyParts = await wholeReply.finally(() =>
      this.#requests.delete(wholeReply),
    );
    await this.#clock.sleep(Math.round(realClock.nowMs() - startedMs), signal);
    yield* replyParts;
  }
}
