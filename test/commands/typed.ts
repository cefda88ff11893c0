import { buttons } from '#commands/buttons.ts';
import { commands } from '#commands/commands.ts';
import { byLine } from '#src/discord/interactions/slashes.ts';
import type { CommandCall, Replies, Reply } from '#src/features/command.ts';
import { text } from '#src/texts/texts.ts';
import { type PortOverrides, ports } from './ports.ts';

const lines = byLine(commands);
const presses = new Map(buttons.map((button) => [button.name, button]));

/** Replies to a command by its typed words, as in `track play`. */
export async function typed(
  line: string,
  call: CommandCall,
  over: PortOverrides = {},
): Promise<Replies> {
  const command = lines.get(line) ?? missing(line);
  return await command.run(call, ports(over));
}

/** Replies to a press, with what it is about behind a colon, as in `confirm:forget`. */
export async function pressed(
  name: string,
  call: CommandCall,
  over: PortOverrides = {},
): Promise<Replies> {
  const [press = '', about] = name.split(':');
  const button = presses.get(press) ?? missing(press);
  const words = about === undefined ? call.words : { ...call.words, about };
  return await button.run({ ...call, words }, ports(over));
}

/** Lines of one reply, as they are read. */
export function linesOf({ lines: more = [], ...head }: Reply): readonly string[] {
  return [head, ...more].map((line) => text(line.id, line.with));
}

function missing(name: string): never {
  throw new Error(`There is no ${name}.`);
}
