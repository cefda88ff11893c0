import type { TextLine } from './texts.ts';

/** For how long captions are kept where they are on, in days. */
export function captionsKept(days: number): TextLine {
  return days === 0 ? { id: 'captions.kept.not' } : { id: 'captions.kept', with: { days } };
}
