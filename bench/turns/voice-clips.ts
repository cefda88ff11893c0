import { readFile } from 'node:fs/promises';
import { OggPageReader } from '#src/audio/formats/ogg-page.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { readClip } from '#test/audio/clip-archive.ts';
import { joinedSpeech } from '#test/audio/recorded-speech.ts';
import { spreadClipWords } from './sound-labels.ts';
import type { TurnScenario } from './turn-scenarios.ts';

/** Text, start and end in milliseconds of the clip. */
export type ClipWord = readonly [text: string, fromMs: number, toMs: number];

/** One clause in one voice. The first word starts and the last one ends where the sound does. */
export type VoiceClip = {
  readonly id: string;
  /** Text given to the voice. */
  readonly say: string;
  readonly words: readonly ClipWord[];
  /** Spans of a reading in which it sounds. Other clips are clean enough to measure them. */
  readonly stretches?: readonly (readonly [fromMs: number, toMs: number])[];
  /** Packets of the clip, where no file holds them. */
  readonly packed?: Uint8Array;
};

/** Folder of the recorded scenes. */
export const scenariosUrl: string = 'test/fixtures/scenes';

/** Reads the scenes of `bench -- turns`. */
export async function readScenarios(): Promise<readonly TurnScenario[]> {
  return JSON.parse(await readFile(`${scenariosUrl}/scenes.json`, 'utf8'));
}

/** A clip as `clips.json` describes it. */
export type ClipRow = Pick<VoiceClip, 'id' | 'say'> & {
  readonly fromMs: number;
  readonly toMs: number;
};

/** Reads all clips, by id. */
export async function readClips(): Promise<ReadonlyMap<string, VoiceClip>> {
  const rows: readonly ClipRow[] = JSON.parse(
    await readFile(`${scenariosUrl}/clips.json`, 'utf8'),
  );
  return new Map(
    rows.map((row) => [
      row.id,
      { ...row, words: spreadClipWords(row.say, [row.fromMs, row.toMs]) },
    ]),
  );
}

type ReadingRow = Omit<VoiceClip, 'words'> & {
  /** Start and end of each word. */
  readonly times: readonly (readonly [fromMs: number, toMs: number])[];
};

/** Reads a clip for each sentence of the readings. */
export async function readReadings(): Promise<readonly VoiceClip[]> {
  const rows: readonly ReadingRow[] = JSON.parse(
    await readFile(`${scenariosUrl}/reading-clips.json`, 'utf8'),
  );
  return rows.map(({ times, ...clip }) => {
    const texts = clip.say.replace(/[^\p{L}\p{N}'\- ]/gu, '').split(' ');
    return {
      ...clip,
      words: texts.map((text, n) => [text, ...(times[n] ?? [0, 0])] as const),
    };
  });
}

/** Reads the packets of a clip, packed. */
export function readPackedClip(id: string): Buffer {
  return readClip(`${scenariosUrl}/clips`, `${id}.packets`);
}

/** Reads the sound of one clip, mono. */
export function readSound(
  id: string,
  codec: OpusCodec,
  rateHz: 16_000 | 48_000,
): Int16Array {
  return decodeClip(readPackedClip(id), codec, rateHz);
}

/** Decodes the packets of a clip, mono. */
export function decodeClip(
  file: Uint8Array,
  codec: OpusCodec,
  rateHz: 16_000 | 48_000,
): Int16Array {
  return decodePackets(unpackPackets(file), codec, rateHz);
}

function decodePackets(
  packets: readonly Uint8Array[],
  codec: OpusCodec,
  rateHz: 16_000 | 48_000,
) {
  const decoder = codec.createDecoder(rateHz);
  return joinedSpeech(packets.map((packet) => decoder.decode(packet).slice()));
}

/** Reads the packets of an Ogg Opus file, without its two headers (RFC 7845, 3). */
export function readOpusPackets(file: Uint8Array): readonly Buffer[] {
  const packets: Buffer[] = [];
  for (const { pieces, isContinued } of new OggPageReader().addBytes(file)) {
    const [piece, ...furtherPieces] = pieces;
    const lastPacket = packets.at(-1);
    if (isContinued && piece && lastPacket)
      packets[packets.length - 1] = Buffer.concat([lastPacket, piece]);
    else if (piece) packets.push(piece);
    packets.push(...furtherPieces);
  }
  return packets.slice(2);
}

/** Decodes an Ogg Opus file, at 16 kHz mono. */
export function decodeOpusFile(file: Uint8Array, codec: OpusCodec): Int16Array {
  return decodePackets(readOpusPackets(file), codec, 16_000);
}

/** Packs Opus packets of 20 ms, each after its length in two bytes, little-endian. */
export function packPackets(packets: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    packets.flatMap((packet) => [
      Buffer.of(packet.length & 0xff, packet.length >> 8),
      packet,
    ]),
  );
}

/** Unpacks the packets of `packPackets`. */
export function unpackPackets(file: Uint8Array): readonly Uint8Array[] {
  const packets: Uint8Array[] = [];
  for (let at = 0; at < file.length; ) {
    const length = (file[at] ?? 0) | ((file[at + 1] ?? 0) << 8);
    packets.push(file.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return packets;
}
