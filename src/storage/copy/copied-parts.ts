import { copiedBooks } from './copied-books.ts';
import type { CopiedPart } from './copied-part.ts';
import { copiedTranscripts } from './copied-transcripts.ts';

/** Everything that `npm run store -- copy` copies, a file each. */
export const copiedParts: readonly CopiedPart[] = [copiedBooks, copiedTranscripts];
