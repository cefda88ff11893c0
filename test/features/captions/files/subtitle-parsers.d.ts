/** Types of this package, as far as used: its own types name files without endings, which TypeScript does not find. */
declare module '@plussub/srt-vtt-parser' {
  type Entry = {
    readonly id: string;
    readonly from: number;
    readonly to: number;
    readonly text: string;
  };
  export function parse(text: string): { readonly entries: readonly Entry[] };
}
