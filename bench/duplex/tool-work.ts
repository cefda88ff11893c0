import { z } from 'zod';
import type { Clock } from '#src/base/clock.ts';
import { type ToolEntry, tool } from '#src/conversation/ports/tool-definition.ts';
import type { DuplexBot } from './bot.ts';
import lines from './lines.json' with { type: 'json' };
import type { OverlapKindName, OverlapScenario } from './overlaps.ts';
import { of } from './sounds.ts';

/** Result of a question while a tool worked on it and a person spoke. */
export type ToolTrial = {
  readonly kind: OverlapKindName;
  /** Correct behaviour: a new question is answered, "stop" ends it, and anything else changes nothing. */
  readonly isRight: boolean;
};

/** Duration of the tool call, in ms. */
export const toolMs = 5_000;
/** When somebody speaks after the question, and how long is waited for the answer. */
const [afterMs, answerWithinMs] = [1_800, 11_000];

/** A tool that looks something up, slowly. */
export function lookUp(clock: Clock): ToolEntry {
  return tool({
    name: 'look_up',
    description: 'Looks something up.',
    schema: z.strictObject({}),
    right: 'anyone',
    effect: 'none',
    isDestructive: false,
    doing: 'tool.here',
    async run(_call, _ports, signal) {
      await clock.sleep(toolMs, signal);
      return { facts: { found: 'a story' } };
    },
  });
}

/** Each scene while the tool runs, in a bot that has it. */
export async function playWhileToolRuns(
  bot: DuplexBot,
  scenarios: readonly OverlapScenario[],
): Promise<readonly ToolTrial[]> {
  const trials: ToolTrial[] = [];
  for (const [n, { kind, askerId, personId, text, sound }] of scenarios.entries()) {
    const from = bot.answers().length;
    const asked = bot.say({ personId: askerId, text: of(lines.stories, n) }, bot.nowMs() + 1_000);
    const said = bot.say({ personId, text, sound }, asked.toMs + afterMs);
    await bot.goTo(said.toMs + answerWithinMs);
    await bot.rest();
    const given = bot.answers().slice(from);
    const isTo = (id: number) => given.some(({ utterances }) => utterances.includes(id));
    const isRight = {
      question: isTo(said.id),
      stop: !isTo(asked.id) && !isTo(said.id),
      other: isTo(asked.id) && !isTo(said.id),
    };
    trials.push({
      kind,
      isRight: isRight[kind === 'question' || kind === 'stop' ? kind : 'other'],
    });
  }
  return trials;
}
