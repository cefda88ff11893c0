import { EchoMeter } from '#src/audio/echo/echo-meter.ts';
import { SentEnvelope } from '#src/audio/echo/echo-sent.ts';
import type { OpusCodec } from '#src/audio/opus/opus.ts';
import type { Packet } from '#src/audio/packet.ts';
import type { SileroWeights } from '#src/audio/voice/silero.ts';
import { SpeakerStream } from '#src/audio/voice/speaker-stream.ts';
import { VoiceActivity } from '#src/audio/voice/voice-activity.ts';
import { VoiceMeter } from '#src/audio/voice/voice-meter.ts';
import { SpeakerInput, type SpeakerInputEvent } from '#src/session/hearing/speaker-input.ts';
import type { EndpointRules } from '#src/turn/endpointing/endpointing.ts';
import type { PauseHabits } from '#src/turn/endpointing/pause-habits.ts';
import type { ClipWord } from './clips.ts';

export type NotedEvent = { readonly atMs: number; readonly noticed: SpeakerInputEvent };

export type SceneListening = {
  readonly speakerId: string;
  readonly codec: OpusCodec;
  readonly weights: SileroWeights;
  readonly rules: EndpointRules;
  readonly pauseHabits: PauseHabits;
  /** Of a recogniser that makes no mistake; without it there are no texts. */
  readonly words?: readonly ClipWord[];
};

/** From the question to the text. */
export const recogniseMs = 120;
/** What an utterance keeps of the time before its first voiced window. */
const keptMs = 250;
const stepMs = 10;
/** Packets come at full ticks, ticks between them. */
const tickMs = 20;

type TimedAnswer = { readonly text: string; readonly atMs: number };

/** One person's packets through the ear of a session, on virtual time: what was noticed, and when. */
export function listen(
  packets: Iterable<Packet>,
  lengthMs: number,
  how: SceneListening,
): NotedEvent[] {
  const { speakerId, rules, pauseHabits, words } = how;
  const stream = new SpeakerStream(how.codec);
  const meter = new VoiceMeter(new VoiceActivity(how.weights));
  const echo = new EchoMeter(new SentEnvelope());
  const input = new SpeakerInput({ speakerId, stream, meter, echo, rules, pauseHabits });
  const oracle = new Oracle(words);
  const noted: NotedEvent[] = [];
  const note = (all: readonly SpeakerInputEvent[], atMs: number) => {
    for (const noticed of all) {
      noted.push({ atMs, noticed });
      oracle.notice(noticed, atMs);
    }
  };
  const arriving = packets[Symbol.iterator]();
  let next = arriving.next();
  for (let atMs = 0; atMs <= lengthMs; atMs += stepMs) {
    for (; !next.done && next.value.atMs <= atMs; next = arriving.next()) {
      note(input.put(next.value), atMs);
    }
    const answer = oracle.answerBy(atMs);
    if (answer) note(input.read(answer, atMs), atMs);
    if (atMs % tickMs !== 0) note(input.tick(atMs), atMs);
  }
  input.close();
  return noted;
}

/** Asked at each pause, it knows the words of this utterance that have ended in the sound up to then. */
class Oracle {
  readonly #words: readonly ClipWord[] | undefined;
  #fromMs = 0;
  #answer: TimedAnswer | undefined;

  constructor(words: readonly ClipWord[] | undefined) {
    this.#words = words;
  }

  notice(noticed: SpeakerInputEvent, atMs: number): void {
    switch (noticed.kind) {
      case 'began':
        this.#fromMs = noticed.fromMs;
        break;
      case 'paused':
        this.#answer = this.#words && this.#read(this.#words, atMs);
        break;
      case 'resumed':
      case 'ended':
        this.#answer = undefined;
        break;
      case 'sound':
      case 'long-pause':
      case 'likely-over':
      case 'overlap-began':
      case 'voiced':
      case 'overlap-ended':
        break;
    }
  }

  answerBy(atMs: number): TimedAnswer | undefined {
    const answer = this.#answer;
    if (!answer || answer.atMs > atMs) return undefined;
    this.#answer = undefined;
    return answer;
  }

  #read(words: readonly ClipWord[], pausedAtMs: number): TimedAnswer {
    const since = this.#fromMs - keptMs;
    const ended = words.filter(([, fromMs, toMs]) => fromMs >= since && toMs <= pausedAtMs);
    return { text: ended.map(([text]) => text).join(' '), atMs: pausedAtMs + recogniseMs };
  }
}
