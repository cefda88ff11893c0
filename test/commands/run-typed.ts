import { expect } from 'vitest';
import { buttons } from '#commands/buttons.ts';
import { commands } from '#commands/commands.ts';
import { indexCommandsByLine } from '#src/discord/interactions/command-entries.ts';
import type { CommandCall, OpenedReply } from '#src/features/command.ts';
import type { ReplyAudience } from '#src/ports/command-ports.ts';
import { type AnyLine, formatText } from '#src/texts/texts.ts';
import { openReplies } from '#test/fakes/opened-replies.ts';
import { makePorts, type PortOverrides } from './command-ports.ts';

/** Replies as their reader gets them. */
export type ReadReplies = readonly [OpenedReply, ...OpenedReply[]];

/** Lines of a message, also of one without words of people. */
type ShownReply = AnyLine & {
  readonly to?: ReplyAudience;
  readonly lines?: readonly AnyLine[];
};

const lines = indexCommandsByLine(commands);
const presses = new Map(buttons.map((button) => [button.name, button]));

/** Replies to a command by its typed words, as in `track play`. */
export async function runTyped(
  line: string,
  call: CommandCall,
  overrides: PortOverrides = {},
): Promise<ReadReplies> {
  const command = lines.get(line) ?? failMissing(line);
  return await openReplies(await command.run(call, makePorts(overrides)));
}

/** Replies to a press, with what it is about behind a colon, as in `confirm:forget`. */
export async function runPressed(
  name: string,
  call: CommandCall,
  overrides: PortOverrides = {},
): Promise<ReadReplies> {
  const [press = '', about] = name.split(':');
  const button = presses.get(press) ?? failMissing(press);
  const inputs = about === undefined ? call.inputs : { ...call.inputs, about };
  return await openReplies(await button.run({ ...call, inputs }, makePorts(overrides)));
}

/** Who reads the one reply there is, and its lines. */
export function readReply([
  reply,
  ...others
]: readonly ShownReply[]): readonly string[] {
  expect(others).toEqual([]);
  return reply ? [reply.to ?? 'caller', ...listLines(reply)] : [];
}

/** Lines of one reply, as they are read. */
export function listLines({
  lines: more = [],
  ...head
}: ShownReply): readonly string[] {
  return [head, ...more].map((line) => formatText(line.id, line.with));
}

function failMissing(name: string): never {
  throw new Error(`There is no ${name}.`);
}
