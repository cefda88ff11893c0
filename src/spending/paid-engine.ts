import { meteredChat } from '#src/chat/metered-chat.ts';
import type { ChatModel } from '#src/chat/ports.ts';
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
