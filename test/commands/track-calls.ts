import { expect } from 'vitest';
import { commands } from '#commands/commands.ts';
import type { Command, CommandCall, Replies } from '#src/features/contract/command.ts';
import type { ListedTrack } from '#src/features/tracks/track-outcomes.ts';
import { text } from '#src/texts/texts.ts';
import { inLounge, type PortOverrides, ports } from './ports.ts';

const group = commands.find((one) => 'commands' in one && one.name === 'track');
export const subcommands: readonly Command[] = group && 'commands' in group ? group.commands : [];

export function track(name: string): Command {
  const found = subcommands.find((one) => one.name === name);
  if (!found) throw new Error(`no /track ${name}`);
  return found;
}

/** Runs `/track name`. */
export function run(
  name: string,
  words: CommandCall['words'] = {},
  over: PortOverrides = {},
): Promise<Replies> {
  return track(name).run({ ...inLounge, words }, ports(over));
}

/** Who reads it, and what. */
export function read([reply, ...others]: Replies): readonly string[] {
  expect(others).toEqual([]);
  return [reply.to, ...[reply, ...(reply.lines ?? [])].map(({ id, with: w }) => text(id, w))];
}

export const rain: ListedTrack = {
  name: 'bg',
  percent: 30,
  isPaused: false,
  isMuted: false,
  current: { title: 'rain', owner: 'Ana', positionMs: 40_000, lengthMs: 125_000, loop: true },
  waiting: [{ title: 'wind', owner: 'Ben' }, { title: 'sea' }],
};
