import { memories, memoryNumbers } from '#src/features/memories/memory-store.ts';
import type { Table } from '#src/sql/table.ts';
import { answered, lines, morePosts } from './lines.ts';
import { captionMessages } from './posted-messages.ts';
import { guilds, presences, sessions } from './sessions.ts';
import { transcriptWriters } from './writing-processes.ts';

/** All tables of transcripts, in both databases: each before the tables through which its rows are found. */
export const tables: readonly Table[] = [
  transcriptWriters,
  answered,
  morePosts,
  lines,
  presences,
  sessions,
  captionMessages,
  memories,
  memoryNumbers,
  guilds,
];
