import type { Feature } from '#src/features/contract/feature.ts';
import { truncate } from '#src/texts/plain-text.ts';
import { postTextTool } from './post-text-tool.ts';
import {
  leaveTool,
  pauseListeningTool,
  repeatTool,
  speedTool,
  whoIsHereTool,
} from './room-tools.ts';
import { timeTool } from './time-tool.ts';

const maxNamesChars = 150;

/**
 * Tools without another feature.
 *
 * @example
 * import { ownToolsFeature } from '#src/features/tools/own-tools-feature.ts';
 *
 * ownToolsFeature.tools?.[0]?.name; // 'time'
 */
export const ownToolsFeature: Feature = {
  name: 'tools',
  tools: [
    timeTool,
    whoIsHereTool,
    leaveTool,
    postTextTool,
    speedTool,
    repeatTool,
    pauseListeningTool,
  ],
  help: [
    {
      topic: 'tools',
      buildLine({ hasModel, operatorTools }) {
        const names = operatorTools
          .filter(({ right }) => right !== 'manage')
          .map(({ name }) => name);
        if (!hasModel || names.length === 0) return undefined;
        return { id: 'help.tools', with: { tools: truncate(names.join(', '), maxNamesChars) } };
      },
    },
  ],
  open: () => ({ openShard: () => ({ ports: {} }) }),
};
