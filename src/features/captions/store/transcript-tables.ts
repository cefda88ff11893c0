import { memories } from '#src/features/memories/memory-store.ts';
import type { Table } from '#src/sql/table.ts';
import { captionMessages } from './caption-message-store.ts';
import { answered, lines, sessions } from './line-tables.ts';

/** All tables of transcripts, in both databases: each before the tables through which its rows are found. */
export const tables: readonly Table[] = [answered, lines, sessions, captionMessages, memories];
