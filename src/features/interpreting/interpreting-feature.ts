import { z } from 'zod';
import type { Feature } from '#src/features/contract/feature.ts';
import {
  defineTool,
  toOutcome,
  toUnchangedOutcome,
} from '#src/features/contract/tool-definition.ts';
import { SessionObjects } from '#src/ports/feature-session.ts';
import { parseLanguageTag } from '#src/texts/language-names.ts';
import { InterpretingRequests } from './interpreting-requests.ts';
import { SessionInterpreting } from './session-interpreting.ts';

/** Objects of interpreting for commands. */
export type InterpretingPorts = { readonly interpreting: InterpretingRequests };

const interpretTool = defineTool({
  name: 'interpret',
  description:
    'Interprets aloud between languages of the people here, or stops that. Only if whoever asks wants that.',
  schema: z.strictObject({
    languages: z
      .array(z.string().max(50))
      .max(4)
      .describe('Two to four BCP 47 tags. None: stop.'),
  }),
  right: 'room',
  act: {
    writes: 'setting',
    noticedBy: 'everybody',
    undoneBy: 'room',
    undo: 'interpret',
  },
  async run({ languages }, { guildId }, { interpreting }: InterpretingPorts) {
    const tags = languages.flatMap((typed) => parseLanguageTag(typed) ?? []);
    const isOff = languages.length === 0;
    const outcome = isOff
      ? await interpreting.turnOff(guildId)
      : await interpreting.turnOn(guildId, tags);
    if (outcome.kind === 'failed') return toUnchangedOutcome(outcome.line);
    if (isOff) return toOutcome({ id: 'interpret.off' });
    // Interpreting that begins announces itself.
    return { ...toOutcome({ id: 'confirm.done' }), isTold: true };
  },
});

/**
 * Interpreting aloud between the people of a channel, each in their language.
 *
 * @example
 * import { interpretingFeature } from '#src/features/interpreting/interpreting-feature.ts';
 *
 * interpretingFeature.tools?.map(({ name }) => name); // ['interpret']
 */
export const interpretingFeature: Feature<InterpretingPorts> = {
  name: 'interpreting',
  tools: [interpretTool],
  open: () => ({
    openShard({ deps, sessions }) {
      const interpreting = new SessionObjects<SessionInterpreting>(sessions);
      return {
        ports: { interpreting: new InterpretingRequests(sessions, interpreting) },
        createSession: (session, { isReturned }) =>
          interpreting.add(session, new SessionInterpreting(session, deps, isReturned)),
      };
    },
  }),
};
