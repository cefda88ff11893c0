import { SentEnvelope } from '#src/audio/echo/band-levels.ts';
import { EchoMeter } from '#src/audio/echo/echo-meter.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { SpeakerStream } from '#src/audio/voice/speaker-stream.ts';
import {
  type SileroNetwork,
  VoiceWindowMeter,
} from '#src/audio/voice/voice-activity.ts';
import type { PersonId } from '#src/base/ids.ts';
import {
  SpeakerInput,
  type SpeakerInputEvent,
} from '#src/conversation/ear/speaker-input.ts';
import type { EndpointRules } from '#src/turn/endpointing/endpointing.ts';
import type { PauseHabits } from '#src/turn/endpointing/endpointing-delay.ts';
import type { FakeReader, ReaderQuestion } from './fake-reader.ts';
import { OracleRecogniser } from './oracle-recogniser.ts';
import type { ClipWord } from './voice-clips.ts';

/** An event of a person's input, and its instant. */
export type TimedInputEvent = {
  readonly atMs: number;
  readonly event: SpeakerInputEvent;
};

/** Options of one listening. */
export type ListeningOptions = {
  readonly speakerId: PersonId;
  readonly codec: OpusCodec;
  readonly weights: SileroNetwork;
  readonly rules: EndpointRules;
  readonly pauseHabits: PauseHabits;
  /** Words of a recogniser that makes no mistake. */
  readonly words: readonly ClipWord[];
  /** Chat model that judges in each pause whether the words are whole. Absent: nobody does. */
  readonly reader?: FakeReader | undefined;
};

const stepMs = 10;
/** Packets come at full ticks, ticks between them. */
const tickMs = 20;

/** Passes one person's packets through the ear of a session, on virtual time. Returns its events in order. */
export function listenToPackets(
  packets: Iterable<Packet>,
  lengthMs: number,
  options: ListeningOptions,
): readonly TimedInputEvent[] {
  const listening = new PacketListening(options);
  const packetIterator = packets[Symbol.iterator]();
  let next = packetIterator.next();
  for (let atMs = 0; atMs <= lengthMs; atMs += stepMs) {
    for (; !next.done && next.value.atMs <= atMs; next = packetIterator.next()) {
      listening.addPacket(next.value, atMs);
    }
    listening.takeAnswers(atMs);
    if (atMs % tickMs !== 0) listening.tick(atMs);
  }
  return listening.finish();
}

/** One person's input with a recogniser and, where there is one, a reader. */
class PacketListening {
  readonly #input: SpeakerInput;
  readonly #oracle: OracleRecogniser;
  readonly #reader: FakeReader | undefined;
  readonly #lastWordMs: number;
  readonly #events: TimedInputEvent[] = [];
  #question: ReaderQuestion | undefined;
  #lastJudgement: ReaderQuestion['answer'] | undefined;

  constructor(options: ListeningOptions) {
    this.#input = new SpeakerInput({
      speakerId: options.speakerId,
      stream: new SpeakerStream(options.codec),
      meter: new VoiceWindowMeter(options.weights),
      echo: new EchoMeter(new SentEnvelope()),
      isVoiceOfOther: () => false,
      rules: options.rules,
      pauseHabits: options.pauseHabits,
    });
    this.#oracle = new OracleRecogniser(options.words);
    this.#reader = options.reader;
    this.#lastWordMs = options.words.at(-1)?.[2] ?? 0;
  }

  /** Adds a packet that has arrived. */
  addPacket(packet: Packet, atMs: number): void {
    this.#noteEvents(this.#input.addPacket(packet), atMs);
  }

  /** Gives the input the answers of recogniser and reader that have come by now. */
  takeAnswers(atMs: number): void {
    const transcript = this.#oracle.takeAnswer(atMs);
    if (transcript) this.#noteEvents(this.#input.addTranscript(transcript), atMs);
    const question = this.#question;
    if (!question || question.dueMs > atMs) return;
    this.#question = undefined;
    this.#lastJudgement = question.answer;
    this.#noteEvents(this.#input.onWordsJudged(question.answer), atMs);
  }

  /** Lets time pass. */
  tick(atMs: number): void {
    this.#noteEvents(this.#input.tick(atMs), atMs);
  }

  /** Returns all events. The reader learns that the person did not go on after the last judgement. */
  finish(): readonly TimedInputEvent[] {
    this.#lastJudgement?.learn(false);
    return this.#events;
  }

  #noteEvents(events: readonly SpeakerInputEvent[], atMs: number) {
    for (const event of events) {
      this.#events.push({ atMs, event });
      this.#oracle.onEvent(event, atMs);
      if (event.kind === 'likely-over') this.#askReader(atMs);
    }
  }

  #askReader(atMs: number) {
    const reader = this.#reader;
    this.#question = reader?.ask(reader.judge(atMs < this.#lastWordMs), atMs);
    if (this.#question)
      this.#noteEvents(this.#input.onWordsJudged(this.#question.pending), atMs);
  }
}
