import type { Feature } from '#src/conversation/feature.ts';
import { leave } from './leave.ts';
import { postText } from './post-text.ts';
import { time } from './time.ts';
import { whoIsHere } from './who-is-here.ts';

/** Tools that belong to no other feature; those of MCP servers and of files come beside them. */
export const ownTools: Feature = {
  name: 'tools',
  tools: [time, whoIsHere, leave, postText],
  open: () => ({ shard: () => ({}) }),
};
