import type { CommandPorts } from '#src/conversation/command.ts';
import { TypedRequests } from '#src/features/typed/typed-requests.ts';

const sessionActions = ['stop', 'leave', 'mute', 'unmute'] as const;

/** Action of the page in a room: silence the bot, send it away, and have it stop listening for a while. */
export type SessionAction = (typeof sessionActions)[number];

export function isSessionAction(word: string): word is SessionAction {
  return sessionActions.some((action) => action === word);
}

/** Controls of a server that an action needs. */
export type SessionControls = {
  readonly port: CommandPorts['port'];
  readonly sessions: Pick<CommandPorts['sessions'], 'at' | 'leave'>;
  readonly hearing: CommandPorts['hearing'];
};

/** Performs the actions of the page; `controlsOf` is undefined for a server that is not served here. */
export class SessionActions {
  readonly #controlsOf: (guildId: string) => SessionControls | undefined;

  constructor(controlsOf: (guildId: string) => SessionControls | undefined) {
    this.#controlsOf = controlsOf;
  }

  /** The word of the outcome, as the ports of commands name it. */
  async perform(guildId: string, action: SessionAction): Promise<string> {
    const controls = this.#controlsOf(guildId);
    if (!controls?.sessions.at(guildId)) return 'nowhere';
    switch (action) {
      case 'stop':
        return controls.port(TypedRequests).stop(guildId);
      case 'leave':
        return (await controls.sessions.leave(guildId)).kind;
      case 'mute':
        return controls.hearing.pause(guildId);
      case 'unmute':
        return controls.hearing.resume(guildId);
    }
  }
}
