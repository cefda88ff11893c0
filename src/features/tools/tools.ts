import type { Feature } from '#src/features/contract/feature.ts';
import { cut } from '#src/texts/plain.ts';
import { postText } from './post-text-tool.ts';
import { leave, pauseListening, repeat, speed, whoIsHere } from './room-tools.ts';
import { time } from './time-tool.ts';

/** Most characters of the names of the operator's tools in `/help`. */
const mostNamesChars = 150;

/** Tools that belong to no other feature; those of MCP servers come beside them. */
export const ownTools: Feature = {
  name: 'tools',
  tools: [time, whoIsHere, leave, postText, speed, repeat, pauseListening],
  help: [
    {
      topic: 'tools',
      line({ hasModel, operatorTools }) {
        const names = operatorTools
          .filter(({ right }) => right !== 'manage')
          .map(({ name }) => name);
        if (!hasModel || names.length === 0) return undefined;
        return { id: 'help.tools', with: { tools: cut(names.join(', '), mostNamesChars) } };
      },
    },
  ],
  open: () => ({ shard: () => ({ ports: {} }) }),
};
