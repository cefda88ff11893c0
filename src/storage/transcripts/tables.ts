import type { Table } from '#src/storage/sql/table.ts';
import { captionMessages } from './caption-messages.ts';
import { answered, lines, morePosts } from './lines.ts';
import { memories, memoryNumbers } from './memories.ts';
import { guilds, presences, sessions } from './sessions.ts';
import { transcriptWriters } from './transcript-writers.ts';

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
