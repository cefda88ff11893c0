import type { ChatModel } from '#src/chat/ports.ts';
import { textOnly } from '#src/pipeline/chained.ts';
import type { AnswerHost, Pipeline, ReplyPart, Turn } from '#src/pipeline/pipeline.ts';
import type { PipelineRegistry } from '#src/ports/pipeline-registry.ts';
import type { Synthesizer, Transcriber } from '#src/speech/ports.ts';
import { type PaidEngine, paidChat, paidRecogniser, paidVoice } from '#src/spending/paid-engine.ts';
import { modelBound, speechBound } from '#src/spending/request-bound.ts';
import type { Reservation } from '#src/spending/reservation.ts';

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
