import { parse } from '@plussub/srt-vtt-parser';

/** A cue as a reader that is not ours understands it. */
export type ReadCue = {
  readonly id: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly speaker: string;
  readonly text: string;
};

/** SubRip; the speaker stands before the first colon. */
export function readSrt(file: string): readonly ReadCue[] {
  return parse(file).entries.map(({ id, from, to, text }) => {
    const at = text.indexOf(': ');
    return {
      id,
      startMs: from,
      endMs: to,
      speaker: text.slice(0, at),
      text: text.slice(at + 2),
    };
  });
}
