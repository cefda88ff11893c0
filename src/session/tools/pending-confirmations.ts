import type { Fitting, RoomTool } from '#src/session/ports/tool.ts';

/** Something that is done once its asker presses the button for it. */
export type PendingConfirmation = {
  /** Never the same again, also after a restart: a button of former days fits nothing. */
  readonly id: string;
  readonly tool: RoomTool;
  readonly fitting: Fitting;
  readonly askerId: string;
  readonly askerName: string;
  readonly untilMs: number;
};

/** A further one drops the oldest. */
const limit = 8;

/** What waits for a button in one session; each is pressed once, or never. */
export class PendingConfirmations {
  #open: readonly PendingConfirmation[] = [];

  /** False where the same person is asked about the same tool already. */
  put(ask: PendingConfirmation, nowMs: number): boolean {
    const open = this.#open.filter(({ untilMs }) => untilMs > nowMs);
    const isAsked = open.some(
      ({ askerId, tool }) => askerId === ask.askerId && tool.name === ask.tool.name,
    );
    if (!isAsked) this.#open = [...open, ask].slice(-limit);
    return !isAsked;
  }

  /** Takes the press of a button; only that of its asker confirms. */
  press(id: string, personId: string, nowMs: number): ConfirmationPress {
    const ask = this.#open.find((one) => one.id === id);
    if (!ask || ask.untilMs <= nowMs) return { kind: 'over' };
    if (ask.askerId !== personId) return { kind: 'other', name: ask.askerName };
    this.remove(ask);
    return { kind: 'theirs', ask };
  }

  remove(ask: PendingConfirmation): void {
    this.#open = this.#open.filter((one) => one !== ask);
  }

  /** Nothing waits for this person any more. */
  withdraw(personId: string): void {
    this.#open = this.#open.filter(({ askerId }) => askerId !== personId);
  }
}

export type ConfirmationPress =
  | { readonly kind: 'theirs'; readonly ask: PendingConfirmation }
  | { readonly kind: 'other'; readonly name: string }
  | { readonly kind: 'over' };
