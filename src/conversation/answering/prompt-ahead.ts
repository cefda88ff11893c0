import type { ConversationState } from '#src/conversation/machine/state.ts';
import type { Session } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import type { SessionTools } from '#src/conversation/tools/session-tools.ts';
import { createBeginningTurn } from './answer-request.ts';

/**
 * Lets the chat model read ahead how the next prompt of a session begins: tools, instructions and history, behind which each question
 * stands. An engine that keeps nothing, or is paid, ignores it.
 */
export class PromptAhead {
  readonly #session: Session;
  readonly #deps: Deps<'pipelines'>;
  readonly #tools: SessionTools;
  #read: readonly unknown[] = [];

  constructor(session: Session, deps: Deps<'pipelines'>, tools: SessionTools) {
    this.#session = session;
    this.#deps = deps;
    this.#tools = tools;
  }

  /** Passes the beginning on once the bot is in the channel, and whenever it may have changed. Call it after each event. */
  update({ history, session }: ConversationState): void {
    const { connection, settings } = session;
    if (connection.kind !== 'up' || settings.mode !== 'talk') return;
    const channelSettings = this.#session.voiceChannel.getSettings();
    // Both are the same objects until they change.
    const read = [history, channelSettings];
    if (read.every((each, n) => each === this.#read[n])) return;
    this.#read = read;
    const turn = createBeginningTurn(this.#session, this.#tools);
    this.#deps.pipelines.open(channelSettings.pipeline).prepare(turn);
  }
}
