/** Types of these packages, as far as used: their own types name files without endings, which TypeScript does not find. */
declare module 'media-captions' {
  type Cue = {
    readonly id: string;
    readonly startTime: number;
    readonly endTime: number;
    readonly text: string;
  };
  type Token =
    | { readonly type: 'text'; readonly data: string }
    | { readonly type: 'v'; readonly voice: string; readonly children: readonly Token[] };
  export function parseText(
    text: string,
    options: { readonly type: 'vtt'; readonly strict: boolean },
  ): Promise<{ readonly cues: readonly Cue[]; readonly errors: readonly unknown[] }>;
  export function tokenizeVTTCue(cue: Cue): readonly Token[];
}

declare module '@plussub/srt-vtt-parser' {
  type Entry = {
    readonly id: string;
    readonly from: number;
    readonly to: number;
    readonly text: string;
  };
  export function parse(text: string): { readonly entries: readonly Entry[] };
}
