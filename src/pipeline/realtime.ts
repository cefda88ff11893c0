import { durationMs } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import type { AudioChatModel, AudioChatPart } from '#src/chat/completions/audio-chat-ports.ts';
import type { ChatMessage, Tool } from '#src/chat/ports.ts';
import type {
  RealtimeTalk,
  TalkAnswer,
  TalkItem,
  TalkSound,
} from '#src/chat/realtime/realtime-ports.ts';
import { audioModel } from '#src/pipeline/audio-model/audio-model.ts';
import type { SpeechVoice, Synthesizer } from '#src/speech/ports.ts';
import type { AnswerHost, Pipeline, ReplyPart, Turn, TurnUtterance } from './pipeline.ts';
import { LiveUpload } from './realtime-upload.ts';

export type RealtimePipelineParts = {
  /** Closed with the pipeline. */
  readonly talk: RealtimeTalk;
  /** Reads out text that the model wrote instead of spoke. */
  readonly synthesizer: Synthesizer;
  /** Wraps the audio model so that a fallback answers while its server is out of order. Default: no fallback. */
  readonly withStandIn?: (model: AudioChatModel) => AudioChatModel;
};

/**
 * One conversation with a server that hears while people speak and keeps the conversation; for one voice channel.
 *
 * The server's conversation is made equal to the turn's history before each answer, and cut to the heard part.
 */
export function realtime(parts: RealtimePipelineParts): Pipeline & Disposable {
  const { talk, synthesizer, withStandIn = (alone) => alone } = parts;
  const upload = new LiveUpload(talk.buffer);
  const goneVoices = new Set<string>();
  talk.onOpen(() => upload.flow());
  return {
    answer(turn, host, signal) {
      const asking = new RealtimeAnswer(turn, host, talk, upload);
      const once: AudioChatModel = {
        reply: (messages, tools, voice, until, mostTokens) =>
          asking.reply({ messages, tools, voice, mostTokens }, until),
      };
      const model = withStandIn(reconnecting(once));
      const { style } = turn;
      const own = { ...turn, style: { ...style, voice: unlessGone(style.voice, goneVoices) } };
      const answer = audioModel({ model, synthesizer, input: 'audio' }).answer(
        own,
        withMemory(host, talk),
        signal,
      );
      return new WatchedParts(answer[Symbol.asyncIterator](), () => asking.breakOff(), signal);
    },
    hear(samples, speakerId, fromMs) {
      talk.warm();
      upload.hear(samples, speakerId, fromMs);
    },
    forgetHeard: (speakerId, fromMs) => upload.forget(speakerId, fromMs),
    forget: () => talk.forget(),
    [Symbol.dispose]: () => talk[Symbol.dispose](),
  };
}

/** Asks again, once, where the connection is lost before anything comes: a server ends it after an hour, say. */
function reconnecting(model: AudioChatModel): AudioChatModel {
  return {
    async *reply(...asked) {
      let hasBegun = false;
      try {
        for await (const part of model.reply(...asked)) {
          hasBegun = true;
          yield part;
        }
      } catch (error) {
        const isLost = error instanceof BotError && error.code === 'provider.truncated';
        if (hasBegun || !isLost) throw error;
        yield* model.reply(...asked);
      }
    },
    wrapped: (wrap) => reconnecting(wrap(model)),
  };
}

/** Beside the words to answer, an answer is shown the sound that the server remembers, and what comes until it begins. */
function withMemory(host: AnswerHost, talk: RealtimeTalk): AnswerHost {
  return {
    playedMs: () => host.playedMs(),
    run: (call, signal) => host.run(call, signal),
    spent: (usage) => host.spent(usage),
    spoke: (spoken) => host.spoke?.(spoken),
    holdModel: (messages, tools, heardMs) =>
      host.holdModel?.(messages, tools, heardMs + talk.soundMs + moreSoundMs),
    holdSpeech: (text) => host.holdSpeech?.(text),
  };
}

/** A voice that the model has refused is not asked for again: that costs a connection each time. */
function unlessGone(voice: SpeechVoice, gone: Set<string>): SpeechVoice {
  const { name, onGone, ...others } = voice;
  if (name === undefined) return voice;
  if (gone.has(name)) return others;
  return {
    ...voice,
    onGone: (lost, of) => {
      if (of === 'model') gone.add(lost);
      onGone?.(lost, of);
    },
  };
}

/** Most sound, in ms, that can be added to a conversation between the hold and its answer. */
const moreSoundMs = 30_000;

type RealtimeMessage = ChatMessage & { readonly wav?: Uint8Array };

type AnswerRound = {
  readonly messages: readonly RealtimeMessage[];
  readonly tools: readonly Tool[];
  readonly voice: string | undefined;
  readonly mostTokens: number | undefined;
};

/** One answer as the server is asked for it, once for each round of tools. */
class RealtimeAnswer implements TalkAnswer {
  readonly #turn: Turn;
  readonly #host: AnswerHost;
  readonly #talk: RealtimeTalk;
  readonly #upload: LiveUpload;
  /** Utterances to answer: as sound where there is any. */
  #said: readonly TalkItem[] | undefined;
  /** Ids of speakers whose sound was uploaded during their speech. */
  readonly #live: string[] = [];

  constructor(turn: Turn, host: AnswerHost, talk: RealtimeTalk, upload: LiveUpload) {
    this.#turn = turn;
    this.#host = host;
    this.#talk = talk;
    this.#upload = upload;
  }

  playedMs(): number {
    return this.#host.playedMs();
  }

  reply(
    { messages, mostTokens, tools, voice }: AnswerRound,
    signal: AbortSignal,
  ): AsyncGenerator<AudioChatPart> {
    const [system, ...rest] = messages;
    const own = rest.slice(this.#turn.history.length);
    const rounds = own.findIndex(({ role }) => role !== 'user');
    this.#said ??= this.#heard(rounds < 0 ? own : own.slice(0, rounds));
    const items = [
      ...this.#turn.history.flatMap(itemsOf),
      ...this.#said,
      ...(rounds < 0 ? [] : own.slice(rounds).flatMap(itemsOf)),
    ];
    const instructions = system?.content ?? '';
    return this.#talk.reply(
      { answer: this, instructions, voice, tools, items, mostTokens },
      signal,
    );
  }

  /** The rest has no listener: the server keeps the part that was heard. */
  breakOff(): void {
    this.#talk.cut(this);
    if (this.playedMs() > 0) return;
    for (const speakerId of this.#live) this.#upload.giveBack(speakerId);
  }

  #heard(messages: readonly RealtimeMessage[]): TalkItem[] {
    const spoken = this.#turn.said.filter(({ pcm }) => pcm).values();
    return messages.flatMap((message): TalkItem[] => {
      const said = message.wav && spoken.next().value;
      if (!said || message.role !== 'user') return itemsOf(message);
      return [{ kind: 'user', name: said.name, text: '', sound: this.#soundOf(said) }];
    });
  }

  #soundOf({ pcm, speakerId, transcript }: TurnUtterance): TalkSound {
    let words: string | undefined;
    transcript().then(
      ({ text }) => {
        words = text;
      },
      () => undefined, // its words are never known then
    );
    return {
      ms: pcm ? durationMs(pcm) : 0,
      get words() {
        return words;
      },
      fill: () => {
        if (pcm && this.#upload.fill(speakerId, pcm.samples)) this.#live.push(speakerId);
      },
    };
  }
}

function itemsOf(message: ChatMessage): TalkItem[] {
  switch (message.role) {
    case 'system':
      return [{ kind: 'system', text: message.content }];
    case 'user':
      return [{ kind: 'user', name: message.name, text: message.content }];
    case 'assistant': {
      const { content, calls = [] } = message;
      const text: TalkItem[] = content.trim() === '' ? [] : [{ kind: 'assistant', text: content }];
      return [...text, ...calls.map((call): TalkItem => ({ kind: 'call', call }))];
    }
    case 'tool':
      return [{ kind: 'result', callId: message.callId, content: message.content }];
  }
}

/** Passes parts on; reports once if they are not read to their end, or if no part of them can be heard. */
class WatchedParts implements AsyncIterableIterator<ReplyPart> {
  readonly #parts: AsyncIterator<ReplyPart>;
  readonly #breakOff: () => void;
  readonly #signal: AbortSignal;
  #hasSound = false;
  #isOver = false;

  constructor(parts: AsyncIterator<ReplyPart>, breakOff: () => void, signal: AbortSignal) {
    this.#parts = parts;
    this.#breakOff = breakOff;
    this.#signal = signal;
    signal.addEventListener('abort', this.#leave);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<ReplyPart, undefined>> {
    try {
      const next = await this.#parts.next();
      if (next.done) this.#end(!this.#hasSound);
      else if (next.value.kind === 'audio') this.#hasSound = true;
      return next;
    } catch (error) {
      this.#end(false);
      throw error;
    }
  }

  async return(): Promise<IteratorResult<ReplyPart, undefined>> {
    this.#leave();
    await this.#parts.return?.();
    return { done: true, value: undefined };
  }

  readonly #leave = (): void => this.#end(true);

  #end(isBroken: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#signal.removeEventListener('abort', this.#leave);
    if (isBroken) this.#breakOff();
  }
}
