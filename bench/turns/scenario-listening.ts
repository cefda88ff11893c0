import { EchoMeter } from '#src/audio/echo/echo-meter.ts';
import { SentEnvelope } from '#src/audio/echo/sent-envelope.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import type { SileroNetwork } from '#src/audio/voice/silero-network.ts';
import { SpeakerStream } from '#src/audio/voice/speaker-stream.ts';
import { VoiceWindowMeter } from '#src/audio/voice/voice-activity.ts';
import type { EndpointRules } from '#src/turn/endpointing/endpointing.ts';
import type { PauseHabits } from '#src/turn/endpointing/pause-habits.ts';
import {
  SpeakerInput,
  type SpeakerInputEvent,
} from '#src/voice/hearing/speaker-input.ts';
import type { FakeReader, ReaderQuestion } from './fake-reader.ts';
import { createOracleRecogniser } from './oracle-recogniser.ts';
import type { ClipWord } from './voice-clips.ts';

export type NotedEvent = { readonly atMs: number; readonly noticed: SpeakerInputEvent };

export type ScenarioListening = {
  readonly speakerId: string;
  readonly codec: OpusCodec;
  readonly weights: SileroNetwork;
  readonly rules: EndpointRules;
  readonly pauseHabits: PauseHabits;
  /** Words of a recogniser that makes no mistake. */
  readonly words: readonly ClipWord[];
  /** Judges the words in each pause; absent: nobody does. */
  readonly reader?: FakeReader | undefined;
};

const stepMs = 10;
/** Packets come at full ticks, ticks between them. */
const tickMs = 20;

/** One person's packets through the ear of a session, on virtual time: what was noticed, and when. */
export function listenToPackets(
  packets: Iterable<Packet>,
  lengthMs: number,
  how: ScenarioListening,
): NotedEvent[] {
  const stream = new SpeakerStream(how.codec);
  const meter = new VoiceWindowMeter(how.weights);
  const echo = new EchoMeter(new SentEnvelope());
  const input = new SpeakerInput({
    speakerId: how.speakerId,
    stream,
    meter,
    echo,
    rules: how.rules,
    pauseHabits: how.pauseHabits,
  });
  const oracle = createOracleRecogniser(how.words);
  const noted: NotedEvent[] = [];
  const lastWordMs = how.words.at(-1)?.[2] ?? 0;
  let question: ReaderQuestion | undefined;
  let judged: ReaderQuestion['answer'] | undefined;
  const note = (all: readonly SpeakerInputEvent[], atMs: number) => {
    for (const noticed of all) {
      noted.push({ atMs, noticed });
      oracle.onNoticed(noticed, atMs);
      if (noticed.kind === 'likely-over') askReader(atMs);
    }
  };
  const askReader = (atMs: number) => {
    const { reader } = how;
    question = reader?.ask(reader.judge(atMs < lastWordMs), atMs);
    if (question) note(input.onWordsJudged(question.asked, atMs), atMs);
  };
  const arriving = packets[Symbol.iterator]();
  let next = arriving.next();
  for (let atMs = 0; atMs <= lengthMs; atMs += stepMs) {
    for (; !next.done && next.value.atMs <= atMs; next = arriving.next()) {
      note(input.addPacket(next.value), atMs);
    }
    const answer = oracle.getAnswer(atMs);
    if (answer) note(input.addTranscript(answer, atMs), atMs);
    if (question && question.dueMs <= atMs) {
      judged = question.answer;
      question = undefined;
      note(input.onWordsJudged(judged, atMs), atMs);
    }
    if (atMs % tickMs !== 0) note(input.tick(atMs), atMs);
  }
  judged?.learn(false);
  return noted;
}
