import {
  type ClipWord,
  readClips,
  readPackedClip,
  unpackPackets,
  type VoiceClip,
} from '#bench/turns/voice-clips.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import { type PersonId, toPersonId } from '#src/base/ids.ts';
import type { SoundMarks, UtterancePiece } from './sound-marks.ts';

/** An utterance: the sound of clips, the words of `text` spread over it. */
export type SimulatedUtterance = {
  readonly id: number;
  readonly personId: PersonId;
  readonly text: string;
  /** Words with their times in ms from the first packet. */
  readonly words: readonly ClipWord[];
  /** Time of the first packet, and of the end of the sound. */
  readonly fromMs: number;
  readonly toMs: number;
};

/** Opus packets of 20 ms, and their duration. */
export type MicrophoneSound = {
  readonly packets: readonly Uint8Array[];
  readonly ms: number;
};

const packetMs = 20;
const silence = Buffer.from([0xf8, 0xff, 0xfe]);
/** Duration of a character at an ordinary pace. */
const typicalCharacterMs = 60;
/** Sound around the words of a clip, so that nobody hears where one clip ends and another begins. */
const clipMarginMs = 20;

/** An utterance, and the packets that carry it. */
export type SentUtterance = {
  readonly utterance: SimulatedUtterance;
  readonly packets: readonly Packet[];
};

/** The microphones of all people. An utterance is real speech in the person's voice, whose words are whatever text is given to it. */
export class BenchMicrophones {
  readonly #voices: ReadonlyMap<PersonId, readonly MicrophoneSound[]>;
  readonly #marks: SoundMarks;
  readonly #utterances: SimulatedUtterance[] = [];

  constructor(
    voices: ReadonlyMap<PersonId, readonly MicrophoneSound[]>,
    marks: SoundMarks,
  ) {
    this.#voices = voices;
    this.#marks = marks;
  }

  /** Utterances so far. The utterance with id n is `utterances[n - 1]`. */
  get utterances(): readonly SimulatedUtterance[] {
    return this.#utterances;
  }

  /** Makes the packets of an utterance, to be sent from `fromMs` on. `sound` is taken instead of clips that fit. */
  addUtterance(
    personId: PersonId,
    text: string,
    fromMs: number,
    sound: MicrophoneSound = this.#pickClips(personId, text),
  ): SentUtterance {
    const id = this.#utterances.length + 1;
    const words = spreadWords(text, sound.ms);
    const toMs = fromMs + (words.at(-1)?.[2] ?? 0);
    const utterance = { id, personId, text, words, fromMs, toMs };
    this.#utterances.push(utterance);
    const frames = sound.packets.map((packet, frame) => {
      const opus = Buffer.from(packet); // one object of its own, for its mark
      this.#marks.putMark(opus, { utterance: id, frame });
      return opus;
    });
    const opusFrames = [...frames, ...Array.from({ length: 5 }, () => silence)];
    const packets = opusFrames.map((opus, n) => ({
      speakerId: personId,
      opus,
      atMs: fromMs + n * packetMs,
      sequence: (65_530 + fromMs / packetMs + n) & 0xffff,
      timestamp: (fromMs * 48 + n * 960) >>> 0,
    }));
    return { utterance, packets };
  }

  /** Joins the words that had ended within a piece of an utterance. */
  listHeardWords({ utterance, from, to }: UtterancePiece): string {
    const words = this.#utterances[utterance - 1]?.words ?? [];
    const fromMs = from * packetMs;
    const toMs = (to + 1) * packetMs;
    return words
      .filter(
        (word) => (word[1] + word[2]) / 2 >= fromMs && word[2] <= toMs + clipMarginMs,
      )
      .map(([word]) => word)
      .join(' ');
  }

  #pickClips(personId: PersonId, text: string): MicrophoneSound {
    const sounds = this.#voices.get(personId) ?? [];
    const packets: Uint8Array[] = [];
    let leftMs = Math.max(420, text.length * typicalCharacterMs);
    for (let n = 0; leftMs > 300 && n < 4; n++) {
      const sound = sounds.reduce((best, candidate) =>
        Math.abs(candidate.ms - leftMs) < Math.abs(best.ms - leftMs) ? candidate : best,
      );
      packets.push(...sound.packets);
      leftMs -= sound.ms;
    }
    return { packets, ms: packets.length * packetMs };
  }
}

/** Reads the clips of a voice of test/fixtures/scenes for each person. */
export async function readVoices(
  voiceNames: Readonly<Record<PersonId, string>>,
): Promise<ReadonlyMap<PersonId, readonly MicrophoneSound[]>> {
  const clips = [...(await readClips()).values()];
  const voices = Object.entries(voiceNames).map(([personId, voice]) => {
    const voiceClips = clips.filter(({ id }) => id.startsWith(`${voice}/`));
    return [toPersonId(personId), voiceClips.map(readClipSound)] as const;
  });
  return new Map(voices);
}

function readClipSound({ id, words }: VoiceClip): MicrophoneSound {
  const fromMs = words[0]?.[1] ?? 0;
  const toMs = words.at(-1)?.[2] ?? 0;
  const packets = unpackPackets(readPackedClip(id)).slice(
    Math.max(0, Math.floor((fromMs - clipMarginMs) / packetMs)),
    Math.ceil((toMs + clipMarginMs) / packetMs),
  );
  return { packets, ms: packets.length * packetMs };
}

/** Spreads words over the sound, each as long as it has letters. */
function spreadWords(text: string, ms: number): ClipWord[] {
  const words = text.split(' ');
  const perLetter = ms / (text.length + 1);
  let atMs = 0;
  return words.map((word) => {
    const fromMs = atMs;
    atMs += (word.length + 1) * perLetter;
    return [word, fromMs, atMs];
  });
}
