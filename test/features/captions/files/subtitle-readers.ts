import { parse } from '@plussub/srt-vtt-parser';
import { parseText, tokenizeVTTCue } from 'media-captions';

/** A cue as a reader that is not ours understands it. */
export type ReadCue = {
  readonly id: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly speaker: string;
  readonly text: string;
};

/** WebVTT by a reader that is strict about the standard; it knows two digits of hours, so `media-captions` reads less than 100 h. */
export async function readVtt(file: string): Promise<readonly ReadCue[]> {
  const { cues, errors } = await parseText(file, { type: 'vtt', strict: true });
  const [error] = errors;
  if (error) throw error;
  return cues.map((cue) => {
    const [voice, ...others] = tokenizeVTTCue(cue);
    if (voice?.type !== 'v' || others.length > 0) throw new Error(`Not one voice: ${cue.text}`);
    const text = voice.children.map((child) => {
      if (child.type !== 'text') throw new Error(`A tag within ${cue.text}`);
      return child.data;
    });
    const [startMs, endMs] = [Math.round(cue.startTime * 1_000), Math.round(cue.endTime * 1_000)];
    return { id: cue.id, startMs, endMs, speaker: voice.voice, text: text.join('') };
  });
}

/** SubRip; the speaker stands before the first colon. */
export function readSrt(file: string): readonly ReadCue[] {
  return parse(file).entries.map(({ id, from, to, text }) => {
    const at = text.indexOf(': ');
    return { id, startMs: from, endMs: to, speaker: text.slice(0, at), text: text.slice(at + 2) };
  });
}

/** Times of either format, of any length. */
export function readTimes(file: string): readonly (readonly [number, number])[] {
  return parse(file).entries.map(({ from, to }) => [from, to] as const);
}
