import { memories } from '#src/features/memories/memory-store.ts';
import type { Table } from '#src/sql/table.ts';
import { captionMessages } from './caption-message-store.ts';
import { lines, sessions } from './line-tables.ts';

/** All tables of transcripts, in both databases. */
export const tables: readonly Table[] = [lines, sessions, captionMessages, memories];
