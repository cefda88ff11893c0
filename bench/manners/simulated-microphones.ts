import { readFile } from 'node:fs/promises';
import {
  type ClipWord,
  readClips,
  toClipPath,
  unpackPackets,
  type VoiceClip,
} from '#bench/turns/voice-clips.ts';
import type { SoundMarks, UtterancePiece } from './sound-marks.ts';

/** Something somebody says: the sound of clips, the words of `text` spread over it. */
export type SimulatedUtterance = {
  readonly id: number;
  readonly personId: string;
  readonly text: string;
  readonly words: readonly ClipWord[];
  /** Time of the first packet, and of the end of the sound. */
  readonly fromMs: number;
  readonly toMs: number;
};

export type MicrophoneSound = {
  readonly packets: readonly Uint8Array[];
  readonly ms: number;
};

const packetMs = 20;
const silence = Buffer.from([0xf8, 0xff, 0xfe]);
/** An ordinary pace. */
const typicalCharacterMs = 60;
/** Nobody hears where the sound of one clip ends and another begins. */
const clipMarginMs = 20;

/** Everybody's microphone: real speech in a voice each, with whatever words are given to it. */
export function createBenchMicrophones(
  voices: ReadonlyMap<string, readonly MicrophoneSound[]>,
  marks: SoundMarks,
) {
  const said: SimulatedUtterance[] = [];

  function pickClips(personId: string, text: string): MicrophoneSound {
    const sounds = voices.get(personId) ?? [];
    const packets: Uint8Array[] = [];
    let leftMs = Math.max(420, text.length * typicalCharacterMs);
    for (let n = 0; leftMs > 300 && n < 4; n++) {
      const next = sounds.reduce((best, one) =>
        Math.abs(one.ms - leftMs) < Math.abs(best.ms - leftMs) ? one : best,
      );
      packets.push(...next.packets);
      leftMs -= next.ms;
    }
    return { packets, ms: packets.length * packetMs };
  }

  return {
    said,

    /** The packets of it, to be sent from `fromMs` on; `sound` to have just that instead of clips that fit. */
    addUtterance(
      personId: string,
      text: string,
      fromMs: number,
      sound = pickClips(personId, text),
    ) {
      const id = said.length + 1;
      const words = spreadWords(text, sound.ms);
      const toMs = fromMs + (words.at(-1)?.[2] ?? 0);
      const utterance = { id, personId, text, words, fromMs, toMs };
      said.push(utterance);
      const frames = sound.packets.map((packet, frame) => {
        const opus = Buffer.from(packet); // one object of its own, for its mark
        marks.putMark(opus, { utterance: id, frame });
        return opus;
      });
      const all = [...frames, ...Array.from({ length: 5 }, () => silence)];
      const packets = all.map((opus, n) => ({
        speakerId: personId,
        opus,
        atMs: fromMs + n * packetMs,
        sequence: (65_530 + fromMs / packetMs + n) & 0xffff,
        timestamp: (fromMs * 48 + n * 960) >>> 0,
      }));
      return { utterance, packets };
    },

    /** The words that had ended in so much of it. */
    listHeardWords({ utterance, from, to }: UtterancePiece): string {
      const words = said[utterance - 1]?.words ?? [];
      const [fromMs, toMs] = [from * packetMs, (to + 1) * packetMs];
      return words
        .filter(
          (word) => (word[1] + word[2]) / 2 >= fromMs && word[2] <= toMs + clipMarginMs,
        )
        .map(([word]) => word)
        .join(' ');
    },
  };
}

/** A voice of test/fixtures/scenes for each person. */
export async function readVoices(voiceOf: Readonly<Record<string, string>>) {
  const clips = [...(await readClips()).values()];
  const voices = Object.entries(voiceOf).map(async ([personId, voice]) => {
    const own = clips.filter(({ id }) => id.startsWith(`${voice}/`));
    return [personId, await Promise.all(own.map(readClipSound))] as const;
  });
  return new Map(await Promise.all(voices));
}

async function readClipSound({ id, words }: VoiceClip): Promise<MicrophoneSound> {
  const [fromMs, toMs] = [words[0]?.[1] ?? 0, words.at(-1)?.[2] ?? 0];
  const packets = unpackPackets(await readFile(toClipPath(id))).slice(
    Math.max(0, Math.floor((fromMs - clipMarginMs) / packetMs)),
    Math.ceil((toMs + clipMarginMs) / packetMs),
  );
  return { packets, ms: packets.length * packetMs };
}

/** Words as long as they have letters. */
function spreadWords(text: string, ms: number): ClipWord[] {
  const words = text.split(' ');
  const perLetter = ms / (text.length + 1);
  let at = 0;
  return words.map((word) => {
    const fromMs = at;
    at += (word.length + 1) * perLetter;
    return [word, fromMs, at];
  });
}
