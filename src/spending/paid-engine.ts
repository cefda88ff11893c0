import { meteredChat } from '#src/chat/metered-chat.ts';
import type { ChatModel } from '#src/chat/ports.ts';
import { textOnly } from '#src/pipeline/chained.ts';
import type {
  AnswerHost,
  Pipeline,
  PipelineRegistry,
  ReplyPart,
  Turn,
} from '#src/pipeline/pipeline.ts';
import { meteredVoice } from '#src/speech/fallbacks/metered-voice.ts';
import type { Synthesizer, Transcriber } from '#src/speech/ports.ts';
import { modelBound, recognitionBound, speechBound } from './request-bound.ts';
import type { Reservation } from './reservation.ts';
import { meteredTranscriber } from './usage-meters.ts';

/** An engine that costs money. It can be asked with a reservation only, to which every request is counted. */
export class PaidEngine<Engine extends object> {
  readonly #engine: Engine;
  readonly #metered: (engine: Engine, reservation: Reservation) => Engine;

  constructor(engine: Engine, metered: (engine: Engine, reservation: Reservation) => Engine) {
    this.#engine = engine;
    this.#metered = metered;
  }

  /** The engine, for the work that this reservation was made for. */
  paidBy(reservation: Reservation): Engine {
    return this.#metered(this.#engine, reservation);
  }

  has(ability: keyof Engine): boolean {
    return this.#engine[ability] !== undefined;
  }
}

export function paidChat(chat: ChatModel): PaidEngine<ChatModel> {
  return new PaidEngine(chat, (engine, reservation) =>
    meteredChat(
      engine,
      (usage) => reservation.used(usage),
      (messages, tools) => reservation.hold(modelBound({ messages, tools })),
    ),
  );
}

export function paidVoice(voice: Synthesizer): PaidEngine<Synthesizer> {
  return new PaidEngine(voice, (engine, reservation) =>
    meteredVoice(
      engine,
      (spoken) => reservation.spoke(spoken),
      (text) => reservation.hold(speechBound(text)),
    ),
  );
}

export function paidRecogniser(recogniser: Transcriber): PaidEngine<Transcriber> {
  return new PaidEngine(recogniser, (engine, reservation) =>
    meteredTranscriber(
      engine,
      (ms, usage) => reservation.recognised(ms, usage),
      (ms, least) => reservation.hold(recognitionBound(ms, least)),
    ),
  );
}

/** Requests that a running answer may make to the channel; its usage goes to its reservation. */
export type ReplyHost = Pick<AnswerHost, 'run'>;

/** No tool runs for it. */
export const silentHost: ReplyHost = {
  run: async () => ({ content: 'There is no such tool.' }),
};

/** Answering, paid by one reservation. */
export type Answering = {
  /** Same as `Pipeline.answer`. */
  answer(turn: Turn, host: ReplyHost, signal: AbortSignal): AsyncIterable<ReplyPart>;
};

/** A pipeline that costs money: it is used with a reservation only, which pays for all requests of an answer. */
export class PaidPipeline {
  readonly #pipeline: Pipeline;

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
  }

  paidBy(reservation: Reservation): Answering {
    return {
      answer: (turn, { run }, signal) => {
        const host: AnswerHost = {
          run,
          spent: (usage) => reservation.used(usage),
          spoke: (spoken) => reservation.spoke(spoken),
          holdModel: (messages, tools, heardMs) =>
            reservation.hold(modelBound({ messages, tools, heardMs })),
          holdSpeech: (text) => reservation.hold(speechBound(text)),
        };
        return this.#pipeline.answer(turn, host, signal);
      },
    };
  }
}

/** Same as `PipelineRegistry`, of those that cost money. */
export type PaidPipelineRegistry = Omit<PipelineRegistry, 'open'> & {
  open(...way: Parameters<PipelineRegistry['open']>): PaidPipeline;
  /** The chat model; its words are not spoken. */
  textOnly(): PaidPipeline;
};

/** Engines as they are opened. */
export type RawEngines = {
  readonly chat: ChatModel;
  readonly transcriber: Transcriber;
  readonly synthesizer: Synthesizer;
  readonly pipelines: PipelineRegistry;
};

/** Engines of sessions: each request needs a reservation. */
export type PaidEngines = {
  /** For questions answered in writing. */
  readonly chat: PaidEngine<ChatModel>;
  readonly transcriber: PaidEngine<Transcriber>;
  /** For texts that are read out, and the few fixed sentences the bot says of itself. */
  readonly synthesizer: PaidEngine<Synthesizer>;
  readonly pipelines: PaidPipelineRegistry;
};

/** Engines that can be asked with a reservation only. */
export function paidEngines({
  chat,
  pipelines,
  synthesizer,
  transcriber,
}: RawEngines): PaidEngines {
  return {
    chat: paidChat(chat),
    transcriber: paidRecogniser(transcriber),
    synthesizer: paidVoice(synthesizer),
    pipelines: paidPipelines(pipelines, chat),
  };
}

function paidPipelines(pipelines: PipelineRegistry, chat: ChatModel): PaidPipelineRegistry {
  return {
    names: pipelines.names,
    engine: (name) => pipelines.engine(name),
    open: (name) => new PaidPipeline(pipelines.open(name)),
    textOnly: () => new PaidPipeline(textOnly(chat)),
  };
}
