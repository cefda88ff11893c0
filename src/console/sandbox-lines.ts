import type { readCommand } from '#page/room/command-line.js';
import type { SandboxOrder } from '#sandbox/program/protocol.ts';
import type { SpokenTimes } from '#sandbox/voice/voice-ports.ts';
import type { HeardStretch } from '#sandbox/voice-client/heard-recorder.ts';

/** Request to people in the sandbox, before it has an id; each is answered once. */
export type ConsoleRequest = SandboxOrder extends infer One
  ? One extends SandboxOrder
    ? Omit<One, 'id'>
    : never
  : never;

/** An event for the sandbox's page. */
export type PageEvent = Extract<SandboxOrder, { do: 'tell' }>['event'];

/** When a person spoke. */
export type SpokenAnswer = SpokenTimes;
/** Sound of the bot that reached a person. */
export type HeardAnswer = Pick<HeardStretch, 'firstAudibleAtMs'>;
/** The bot's reply to a command. */
export type CommandAnswer = { readonly text: string; readonly ephemeral: boolean };
/** Place of the bot, and its registered commands. */
export type StateAnswer = {
  readonly bot: { readonly channel?: string };
  readonly commands: Parameters<typeof readCommand>[1];
};
