import type { LiveSound } from '#src/audio/live-sound.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import type { ChatMessage, ChatModel, Tool } from '#src/chat/chat-model.ts';
import { type ChatMeter, type TalkMeter, withMeter } from '#src/chat/metered-chat.ts';
import type { LiveServer } from '#src/provider/live/live-session.ts';
import { describeServer } from '#src/provider/models/standard-models.ts';
import { LiveAnswer } from './live-answer.ts';
import type { TalkRequest } from './live-history.ts';
import { LiveTalk } from './live-talk.ts';

/** A Live server, the chat model that works for it, and how long a session may be silent. */
export type LiveConversationOptions = LiveServer & {
  /** Does what the live model hands over. It gets sound with its words, and reads those. */
  readonly worker: ChatModel;
  /** A session ends after so many ms in which nothing is asked or answered: the setting `LIVE_SILENCE_SECONDS`. */
  readonly maxSilenceMs: number;
  readonly clock?: Clock;
};

/** The talk that an answer belongs to. */
export type LiveTalkPlace = {
  /** Names the voice channel. Words of one channel never reach the session of another. */
  readonly talk: string;
  /** Instructions that hold for the whole conversation. */
  readonly instructions: string;
  readonly meter: ChatMeter & TalkMeter;
  /** Aborts when nothing of these words may stay with a server. */
  readonly until: AbortSignal;
};

/**
 * Talks with a model that hears and speaks at once, over OpenAI's Live API: https://developers.openai.com/api/docs/guides/live
 *
 * The model hears what is for the bot, and nothing else. What it says is an answer, and nothing else is heard.
 */
export class LiveConversation implements Disposable {
  readonly #options: LiveConversationOptions;
  readonly #clock: Clock;
  readonly #talks = new Map<string, LiveTalk>();

  constructor(options: LiveConversationOptions) {
    this.#options = options;
    this.#clock = options.clock ?? realClock;
  }

  /** Number of sessions that run now, each of which costs money. */
  get openSessions(): number {
    return [...this.#talks.values()].filter(({ isOpen }) => isOpen).length;
  }

  /** Sends sound while it is spoken, and its begin at up to 1.2 times its pace. Never throws. */
  feed(
    place: LiveTalkPlace,
    messages: readonly ChatMessage[],
    tools: readonly Tool[],
    sound: LiveSound,
    voice: string | undefined,
  ): void {
    const request = toRequest(place, messages, tools, voice);
    void this.#getTalk(place.talk).feed(request, sound);
  }

  /** Returns a model for one answer of a talk, which ends with `signal`. */
  openAnswer(place: LiveTalkPlace, signal: AbortSignal): ChatModel {
    const { baseUrl, model, worker } = this.#options;
    const answer = new LiveAnswer(
      {
        talk: this.#getTalk(place.talk),
        clock: this.#clock,
        server: this.#options,
        by: describeServer(model, baseUrl),
        worker: withMeter(worker, place.meter),
        toRequest: (messages, tools, voice) => toRequest(place, messages, tools, voice),
      },
      signal,
    );
    return {
      reply: (messages, tools, until, _, voice) =>
        answer.reply(messages, tools, voice, until),
    };
  }

  /** Ends all sessions. */
  [Symbol.dispose](): void {
    for (const talk of this.#talks.values()) talk[Symbol.dispose]();
    this.#talks.clear();
  }

  /** Talks without a session are forgotten, so that their number stays that of running sessions. */
  #getTalk(name: string) {
    for (const [other, talk] of this.#talks)
      if (other !== name && talk.isIdle) this.#talks.delete(other);
    const known = this.#talks.get(name);
    if (known) return known;
    const { maxSilenceMs } = this.#options;
    const options = { server: this.#options, clock: this.#clock, maxSilenceMs };
    const talk = new LiveTalk(options);
    this.#talks.set(name, talk);
    return talk;
  }
}

function toRequest(
  { instructions, meter, until }: LiveTalkPlace,
  messages: readonly ChatMessage[],
  tools: readonly Tool[],
  voice: string | undefined,
): TalkRequest {
  return { instructions, messages, tools, voice, meter, until };
}
